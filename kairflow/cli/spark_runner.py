"""`kairflow spark-runner`: the script that Spark runs in an image of yours."""

from __future__ import annotations

from kairflow.cli import options
from kairflow.cli.boundary import reported


@reported
def spark_runner(
    output: options.Output = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Print the script that Spark runs on Kubernetes; an image needs it beside the project.

    It is the same for every project and every pipeline: each job tells it which nodes to run. Its
    place in the image is `run_config.spark.cluster_config.run_script`. It looks for the project in
    `PROJECT_HOME`, else in `/home/kedro`.

    Examples:

    - `kairflow spark-runner -o spark_run.py`

    - and in the Dockerfile: `COPY spark_run.py /home/kedro/`
    """
    from kairflow.cli.delivery import Product, deliver
    from kairflow.lower.spark import generic_runner_text

    name = "spark_run.py"
    step = "copy it into the image, and set run_config.spark.cluster_config.run_script to its place"
    product = Product(name, generic_runner_text(), "script for Spark jobs", step)
    deliver([(product, {})], output, (), as_json=as_json, quiet=quiet)
