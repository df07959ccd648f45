from dataclasses import replace

import numpy as np
import pytest

from components.contracts import UNKNOWN, InputError, Person
from components.identity.fused import Fused
from components.identity.gallery import Appearance, Gallery, enrol

LENGTH = 32
ROSTER = tuple(Person(name, "nurse", "", "", number) for number, name in enumerate(["ann", "bob", "cid"]))


def looks(person, count, *, noise=0.08, seed=0):
    """Unit features of somebody (a number), each a little different."""
    centre = np.random.default_rng(person + 100).normal(size=LENGTH)
    rows = centre / np.linalg.norm(centre) + np.random.default_rng((seed, person)).normal(size=(count, LENGTH)) * noise
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def wearing(tracks, features):
    return replace(tracks, features=np.asarray(features, np.float32))


@pytest.fixture
def gallery():
    features = np.concatenate([looks(number, 8) for number in range(3)])
    return enrol(features, [person.id for person in ROSTER for _ in range(8)])


@pytest.fixture
def file(gallery, tmp_path):
    gallery.save(tmp_path / "people.npz")
    return str(tmp_path / "people.npz")


def test_enrolled_people_look_like_themselves_and_strangers_like_nobody(gallery):
    for number in range(3):
        ratios = gallery.ratios(looks(number, 20, seed=1))
        assert (ratios.argmax(axis=1) == number).all() and (ratios.max(axis=1) > 0).all()
    assert (gallery.ratios(looks(7, 20)) < 0).all()


def test_a_gallery_goes_round(gallery, file, tmp_path):
    again = Gallery.load(tmp_path / "people.npz", ROSTER)
    assert (again.features == gallery.features).all()
    assert (again.people, again.middle, again.slope) == (gallery.people, gallery.middle, gallery.slope)
    assert [path.name for path in tmp_path.iterdir()] == ["people.npz"]


def test_an_ambiguous_look_is_weaker_than_a_clear_one(gallery):
    clear = looks(0, 1, noise=0.0)
    between = clear + looks(1, 1, noise=0.0)
    assert gallery.ratios(between / np.linalg.norm(between))[0].max() < gallery.ratios(clear)[0].max()


def test_a_look_counts_for_at_most_the_limit(file, scene):
    frame, tracks = scene([(0, None)])
    (said,) = Appearance(file, roster=ROSTER, limit=2.0).look(frame, wearing(tracks, looks(1, 1)), [0])
    assert said.says == "looks like bob"
    assert said.people == {"ann": -2.0, "bob": 2.0, "cid": -2.0}


def test_strangers_are_said_to_be_strangers(file, scene):
    frame, tracks = scene([(0, None)])
    (said,) = Appearance(file, roster=ROSTER).look(frame, wearing(tracks, looks(9, 1)), [0])
    assert said.says == "looks like nobody who was enrolled"
    assert max(said.people.values()) < 0


def test_only_due_rows_with_features_are_looked_at(file, scene):
    frame, tracks = scene([(0, None), (150, None), (300, None)])
    features = np.concatenate([looks(0, 1), np.zeros((1, LENGTH)), looks(2, 1)])
    assert [said.row for said in Appearance(file, roster=ROSTER).look(frame, wearing(tracks, features), [1, 2])] == [2]


def test_without_a_reid_network_nothing_is_said(file, scene):
    assert Appearance(file, roster=ROSTER).look(*scene([(0, None)]), [0]) == []


def test_appearance_names_people_over_time_and_leaves_strangers_unknown(file, scene):
    who = Fused(roster=ROSTER, evidence={"gallery": Appearance(file, roster=ROSTER)})
    for moment in range(40):
        frame, tracks = scene([(0, None), (300, None)], time=moment * 10**9)
        named = who.identify(frame, wearing(tracks, np.concatenate([looks(1, 1, seed=moment), looks(8, 1, seed=moment)])))
    assert named.people == ("bob", UNKNOWN)
    assert named.reasons[0].startswith("looks like bob ")


def test_features_of_another_network_are_refused(file, scene):
    frame, tracks = scene([(0, None)])
    with pytest.raises(InputError, match="features of 32 numbers, the reid network gives 8"):
        Appearance(file, roster=ROSTER).look(frame, wearing(tracks, np.ones((1, 8))), [0])


def test_a_name_that_is_not_on_the_roster_is_refused(file):
    roster = (ROSTER[0], Person("bobb", "nurse", "", "", 5), ROSTER[2])
    with pytest.raises(InputError, match="bob is not on the roster; did you mean bobb"):
        Appearance(file, roster=roster)


@pytest.mark.parametrize("content", [None, b"", b"not an archive", np.array(["x"], object)])
def test_a_file_that_is_no_gallery_is_refused(tmp_path, content):
    path = tmp_path / "g.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.savez(path, features=content, people=content, meaning=content)
    with pytest.raises(InputError, match=r"gallery .*g.npz: .*enrol people again"):
        Appearance(str(path), roster=ROSTER)


@pytest.mark.parametrize("people", [["ann"] * 4, ["ann", "ann", "ann", "bob"], ["ann", "ann", "bob"]])
def test_too_few_people_or_looks_cannot_be_enrolled(people):
    with pytest.raises(InputError, match="at least two people and two looks at each"):
        enrol(looks(0, 4), people)


def test_people_who_cannot_be_told_apart_are_not_enrolled():
    features = np.random.default_rng(0).normal(size=(40, LENGTH)).astype(np.float32)
    features[0:20:2] = -features[1:20:2]
    features[20:40:2] = -features[21:40:2]
    with pytest.raises(InputError, match="no more like themselves than like others"):
        enrol(features, ["ann"] * 20 + ["bob"] * 20)
