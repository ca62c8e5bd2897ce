"""How steps done by hand are named on the command line; and commands to be typed next, as a shell takes them."""

from __future__ import annotations

from salesforce_bench import Bench, last

STEP = "default_workflow_user"


def test_a_step_named_twice_is_one_step(bench: Bench) -> None:
    bench("apply", "acme.yaml", "-c", "box", "--yes")
    twice = (STEP, f"ManualStep:{STEP}", STEP)
    ticked = bench("done", "acme.yaml", *twice, "-c", "box", "--by", "Ana Ruiz")
    assert [line.partition(", 2")[0] for line in ticked.splitlines() if line.startswith("Done: ")] == [
        f"Done: {STEP}, by Ana Ruiz"
    ]
    opened = bench("done", "acme.yaml", *twice, "-c", "box", "--undo")
    assert [line for line in opened.splitlines() if "pen again: " in line] == [f"Open again: {STEP}."]


def test_the_next_command_can_be_typed_as_it_stands(bench: Bench) -> None:
    """A folder with a space in its name, and a plan file that lies beside the design, elsewhere."""
    folder = bench.folder / "acme & co"
    folder.mkdir()
    (bench.folder / "acme.yaml").rename(folder / "acme.yaml")
    expected = "  When one is done: provisioner done 'acme & co/acme.yaml' STEP -c box"
    bench("plan", "acme & co/acme.yaml", "-c", "box", "-o", "acme & co/acme.plan")
    assert last(bench("apply", "acme & co/acme.plan", "-c", "box", "--yes")) == expected
    assert last(bench("done", "acme & co/acme.yaml", "-c", "box")) == expected
    bench("destroy", "acme & co/acme.yaml", "-c", "box", "--yes")
    refused = bench("backfill", "acme & co/acme.yaml", "-c", "box", code=5)
    assert last(refused) == "  What to do: First: provisioner apply 'acme & co/acme.yaml' -c box"
