"""The command line. Importing this package imports nothing else: `--help` has to be quick."""


def main() -> None:
    """The console script."""
    import sys

    from provisioner.cli.app import run

    sys.exit(run())
