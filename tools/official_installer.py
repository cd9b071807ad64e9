"""The vendor's own installer of the Pulumi CLI, as two commands that a caller can put a limit on.

`probe` asks whether the installer can be reached; `install FOLDER VERSION` runs it.
"""

from __future__ import annotations

import sys
import urllib.request

__all__ = ["main"]

_SCRIPT = "https://get.pulumi.com/install.sh"


def main(arguments: list[str]) -> int:
    """Probe or install; 0 when it worked, otherwise the reason is the last line of output."""
    try:
        match arguments:
            case ["probe"]:
                _probe()
            case ["install", folder, version]:
                _install(folder, version)
            case _:
                print("usage: official_installer.py probe | install FOLDER VERSION")
                return 2
    except Exception as error:  # noqa: BLE001 - whatever it was, another way comes next
        print(f"{type(error).__name__}: {error}")
        return 1
    return 0


def _probe() -> None:
    with urllib.request.urlopen(_SCRIPT, timeout=10) as answer:
        answer.read(1)


def _install(folder: str, version: str) -> None:
    # Here, because a probe has no need of the SDK, which takes a while to import.
    from pulumi.automation import PulumiCommand  # noqa: PLC0415
    from semver import VersionInfo  # noqa: PLC0415

    PulumiCommand.install(root=folder, version=VersionInfo.parse(version))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
