"""Our own files are found beside the checkout, and inside an installed package."""

from pathlib import Path

import pytest

from provisioner import assets


def test_files_and_folders_of_the_checkout() -> None:
    assert assets.path("specs", "design.schema.json").is_file()
    assert assets.path("examples").is_dir()
    assert assets.read_text("examples", "starter-salesforce.yaml").startswith("# A speed-to-lead design")


def test_the_installed_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "design.schema.json").write_text("installed", encoding="utf-8")
    monkeypatch.setattr(assets, "_ROOTS", (tmp_path, *assets._ROOTS))
    assert assets.read_text("specs", "design.schema.json") == "installed"


def test_a_missing_file_says_where_was_looked() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        assets.path("specs", "none.json")
    assert str(caught.value).startswith("provisioner's own file specs/none.json is missing (looked for ")
    assert str(caught.value).endswith("The installation is incomplete: install the package again.")


@pytest.mark.parametrize("parts", [(), ("tests",), ("specs", "..", "tests"), ("/etc",)])
def test_only_the_asset_folders(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="an asset lies in one of specs, templates, examples"):
        assets.path(*parts)
