"""Run the command as ``python -m landmarket``, where no script was installed."""

from landmarket.cli import main

if __name__ == "__main__":
    main()
