from components.evaluation import said


def test_a_row_for_everything_and_for_each_slice():
    metrics = {"map50": 0.8, "recall": 0.7, "map50.camera.bay_a": 0.9, "recall.role.nurse": 0.6, "latency_ms.median": 12.0}
    text = said.words(metrics, run="abc")
    assert said.heading("d" * 64, "test") == "Evaluated on test of dataset dddddddddddd"
    assert text.splitlines()[2:] == [
        "| | map50 | recall |", "| --- | --- | --- |", "| all | 0.800 | 0.700 |", "| camera bay_a | 0.900 |  |",
        "| role nurse |  | 0.600 |",
    ]  # fmt: skip
