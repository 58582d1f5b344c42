# In a shell of its own, so that no name in it meets one of yours.
(
    folder=$(mktemp -d)
    echo "Fetching $KAIRFLOW_ARCHIVE"
    kairflow_fetch "$KAIRFLOW_ARCHIVE" "$folder/project"
    sha256sum --check <<<"$KAIRFLOW_SHA256  $folder/project"

    echo "Unpacking the project into $PROJECT_HOME"
    mkdir -p "$PROJECT_HOME"
    tar --extract --file "$folder/project" --directory "$PROJECT_HOME" --no-same-owner
    rm -r "$folder"

    # The Python of Spark's jobs; Dataproc has it in a folder of its own.
    : "${PYTHON:=$(command -v /opt/conda/default/bin/python || command -v python3)}"
    echo "Installing the project for $PYTHON"
    cd "$PROJECT_HOME"
    for requirements in requirements.txt "$KAIRFLOW_SOURCE/requirements.txt"; do
        if [ -f "$requirements" ]; then "$PYTHON" -m pip install --requirement "$requirements"; fi
    done
    if grep -qs '^\[build-system\]' pyproject.toml; then
        "$PYTHON" -m pip install .
    elif [ -f "$KAIRFLOW_SOURCE/setup.py" ] ||
        grep -qs '^\[build-system\]' "$KAIRFLOW_SOURCE/pyproject.toml"; then
        "$PYTHON" -m pip install "$KAIRFLOW_SOURCE"
    else
        # Executors import the project's functions, so Python must know where they are.
        packages=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
        echo "$PROJECT_HOME/$KAIRFLOW_SOURCE" >"$packages/spark_job_project.pth"
    fi
)
cd "$PROJECT_HOME"
