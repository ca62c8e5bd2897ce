"""The command line. Importing this package imports nothing else: `--help` has to be quick."""


def main() -> None:
    """The console script."""
    import gc
    import sys

    from provisioner.cli.app import run

    code = run()
    gc.freeze()  # all of it goes now: walking through it once more in search of garbage is time lost
    sys.exit(code)
