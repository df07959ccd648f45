from components.models.reid import Reid
from components.models.role import Role
from components.models.ssdlite import SsdLite
from components.training.lessons import lesson_of
from components.training.trainer import Trainer


def test_detection_is_judged_by_average_precision_and_sees_whole_pictures():
    lesson = lesson_of(SsdLite().build())
    assert (lesson.decisive, lesson.size(Trainer(epochs=1, image_size=(64, 32)))) == ("map", (64, 32))


def test_roles_are_judged_by_recall_and_see_people():
    lesson = lesson_of(Role("test_resnet", roles=("nurse", "doctor"), size=(32, 64)).build())
    assert (lesson.decisive, lesson.size(Trainer(epochs=1))) == ("balanced", (32, 64))
    assert lesson.decisive in lesson.figures


def test_appearance_is_judged_by_who_is_found_again():
    lesson = lesson_of(Reid("test_resnet", size=(32, 64)).build())
    assert (lesson.decisive, lesson.size(Trainer(epochs=1))) == ("map", (32, 64))
