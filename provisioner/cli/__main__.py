"""python -m provisioner.cli"""

from provisioner.cli import main

if __name__ == "__main__":
    main()
