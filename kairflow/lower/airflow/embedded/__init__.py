"""Functions that become part of DAG files; Kairflow reads them as text and never imports them."""
