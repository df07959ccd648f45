from components.storage import layout

NOON = 1_772_452_800_000_000_000  # 2026-03-02T12:00:00Z


def test_raw_footage_is_under_the_hour_in_which_it_begins():
    path = layout.raw("ward-1", NOON - 1, "ab" * 32, ".mkv")
    assert path == f"raw/camera=ward-1/date=2026-03-02/hour=11/{NOON - 1}-abababababab.mkv"
    assert "/hour=12/" in layout.raw("ward-1", NOON, "ab" * 32, ".mkv")


def test_footage_that_differs_in_anything_has_a_path_of_its_own():
    paths = {layout.raw("a", NOON, "1" * 64, ".mkv"), layout.raw("b", NOON, "1" * 64, ".mkv")}
    paths |= {layout.raw("a", NOON + 1, "1" * 64, ".mkv"), layout.raw("a", NOON, "2" * 64, ".mkv")}
    assert len(paths) == 4


def test_truth_lies_beside_its_segment():
    segment = layout.raw("ward.1", NOON, "ab" * 32, ".mp4")
    truth = layout.truth(segment)
    assert truth == segment.removesuffix(".mp4") + ".truth.parquet"


def test_sightings_and_frames_are_two_trees_of_one_shape():
    sightings, frames = layout.sightings("sightings/1", NOON, "run"), layout.frames("sightings/1", NOON, "run")
    assert sightings == f"sightings/date=2026-03-02/hour=12/camera=sightings/1/run-{NOON}.parquet"
    assert frames == f"frames/date=2026-03-02/hour=12/camera=sightings/1/run-{NOON}.parquet"


def test_the_hour_is_utc_wherever_the_machine_is(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert "date=1970-01-01/hour=00" in layout.raw("a", 0, "0" * 64, ".mkv")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_parts_and_datasets_do_not_meet():
    assert layout.part("k") == "parts/k"
    assert layout.dataset("k") == "datasets/k"
