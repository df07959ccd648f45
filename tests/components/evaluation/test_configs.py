from components.evaluation.configs import differing


def test_only_keys_that_differ_with_where_they_come_from() -> None:
    one = {"model": {"name": "yolov8n", "depth": None}, "seed": 0, "steps": [{"width": 640}], "sizes": [1, 2]}
    two = {"model": {"name": "yolov8s", "depth": None}, "seed": 0, "steps": [{"width": 640}, {"clip": 2.0}], "sizes": [1, 3]}
    rows = differing([one, two, {}], [{}, {"model.name": "command line"}, {}])
    said = {row.key: row.values for row in rows}
    assert said == {
        "model.name": ("yolov8n", "yolov8s", "-"), "model.depth": ("null", "null", "-"), "seed": ("0", "0", "-"),
        "steps.0.width": ("640", "640", "-"), "steps.1.clip": ("-", "2.0", "-"), "sizes": ("[1, 2]", "[1, 3]", "-"),
    }  # fmt: skip
    assert rows[0].origins == ("", "command line", "")


def test_nothing_differs() -> None:
    assert differing([{"a": 1}, {"a": 1}], [{}, {}]) == []
