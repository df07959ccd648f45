"""What following people costs, next to others: `python benchmarks/throughput.py [--frames 300]`.

Every contender follows the people of the same clip with the same YOLOX-nano weights and a ByteTrack, in a process of its own, on
one thread, with all weak detections (score 0.1). The processes take turns, `CHUNK` frames each, so that whatever else the
machine does hits all of them; the figure is the median of their chunks' CPU time (user + system, all threads) a frame. The first
chunk of each warms up.

ours       the flow `flows.track` as its command runs it, with its store and database: fleet=video detector=onnx
           (detector.runtime=onnx or openvino)
boxmot     `boxmot track --save-txt`, its own command; it opens ONNX files through ultralytics
ultralytics `YOLO(weights).track(video, stream=True)`
supervision the loop that its users write: cv2, ONNX Runtime as YOLOX's own example does, supervision, Roboflow's trackers

ultralytics reads only networks that answer like its own, so it and BoxMOT get the same weights in a file whose last nodes turn
YOLOX's answer into that layout and whose first weights take RGB 0..1. That file has YOLOX's fixed input of 416x416.

Then: two threads against one, wall time, while another process burns a core; and 1, 2 and 4 cameras in one group, CPU time and
memory of the whole process for each frame and camera, start included. A figure that misses its bound makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
VIDEO = DATA / "PETS09-S2L1" / "vtest.avi"
WEIGHTS = DATA / "yolox_nano" / "yolox_nano.onnx"
CHUNK = 25  # frames
SCORE, IOU, SIDE = 0.1, 0.45, 416
sys.path.insert(0, str(ROOT))

Beat = Callable[[], None]
BOUNDS = {"boxmot": 0.55, "ultralytics": 0.95, "supervision": 0.95}  # of ours, with Roboflow's tracker and ONNX Runtime
QUICKER = 1.3  # OpenVINO over ONNX Runtime
QUIET = {
    "OMP_NUM_THREADS": "1",
    "YOLO_OFFLINE": "true",
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
    "DO_NOT_TRACK": "true",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=300, help="of the clip")
    parser.add_argument(
        "--only", nargs="*", choices=["contenders", "threads", "cameras"], default=["contenders", "threads", "cameras"]
    )
    parser.add_argument("--play", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.play:
        return play(arguments.play, Path.cwd())
    if not VIDEO.is_file() or not WEIGHTS.is_file():
        print(f"skipped: needs {VIDEO} and {WEIGHTS}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        cut(VIDEO, Path(folder) / "clip.avi", arguments.frames)
        as_yolov8(WEIGHTS, Path(folder) / "yolov8_layout.onnx")
        good = [{"contenders": contenders, "threads": threads, "cameras": cameras}[name](Path(folder)) for name in arguments.only]
    return 0 if all(good) else 1


# ---------------------------------------------------------------------------------------------------------------- the tables


def contenders(folder: Path) -> bool:
    """CPU time a frame of everybody, and what it is over the others'."""
    names = ["ours byte", "ours bytetrack", "openvino byte", "openvino bf16", "boxmot", "ultralytics", "supervision"]
    spent = {name: statistics.median(cpu for cpu, _ in beats) * 1000 for name, beats in turns(names, folder).items()}
    print(f"\n{'CPU time a frame, one thread':<44} {'ms':>7} {'x ours':>7}")
    for name, cost in spent.items():
        print(f"{name:<44} {cost:7.2f} {cost / spent['ours byte']:7.2f}")
    good = True
    for ours in ("ours byte", "ours bytetrack"):
        for name, bound in BOUNDS.items():
            judged = bound if ours == "ours byte" or name == "boxmot" else None  # BoxMOT's tracker is judged where BoxMOT is
            good &= _line(f"{ours} over {name}", spent[ours] / spent[name], judged, most=True)
    good &= _line("OpenVINO f32: times as fast as ONNX Runtime", spent["ours byte"] / spent["openvino byte"], QUICKER, most=False)
    _line("OpenVINO bf16: times as fast as ONNX Runtime", spent["ours byte"] / spent["openvino bf16"], None, most=False)
    return good


def threads(folder: Path) -> bool:
    """Wall time a frame with two threads over that with one, while something else wants a core."""
    with burner():
        beats = turns(["ours byte", "ours two threads"], folder)
    one, two = (statistics.median(wall for _, wall in beats[name]) * 1000 for name in ("ours byte", "ours two threads"))
    print(f"\nwall time a frame while another process burns a core: one thread {one:.2f} ms, two threads {two:.2f} ms")
    return _line("two threads over one, wall time", two / one, 1.0, most=True)


def cameras(folder: Path) -> bool:
    """CPU time for each frame and camera, and memory for each camera, of whole processes."""
    runs = {n: [whole(f"cameras {n}", folder) for _ in range(3)] for n in (1, 2, 4)}
    frames = frames_of(folder / "clip.avi")
    cost = {n: statistics.median(cpu for cpu, _ in found) / frames / n * 1000 for n, found in runs.items()}
    memory = {n: statistics.median(peak for _, peak in found) / n for n, found in runs.items()}
    print(f"\n{'cameras in one group':<24} {'CPU ms a frame and camera':>26} {'peak MiB a camera':>18}")
    for n in runs:
        print(f"{n:<24} {cost[n]:26.2f} {memory[n]:18.0f}")
    return _line("4 cameras over 1, CPU a frame and camera", cost[4] / cost[1], 1.0, most=True)


def _line(name: str, figure: float, bound: float | None, *, most: bool) -> bool:
    good = bound is None or (figure <= bound if most else figure >= bound)
    limit = "no bound" if bound is None else f"bound {'<=' if most else '>='} {bound}"
    print(f"{'ok ' if good else 'NOT'} {name:<56} {figure:6.2f}  ({limit})")
    return good


# ------------------------------------------------------------------------------------------------------------------ the turns


def turns(names: Sequence[str], folder: Path) -> dict[str, list[tuple[float, float]]]:
    """CPU and wall seconds a frame of every chunk but the first; one process at a time does anything."""
    crew = {name: _started(name, folder) for name in names}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    going = set(names)
    for process in crew.values():
        _said(process)  # the first chunk, with all that starting costs
    while going:
        for name in [name for name in names if name in going]:
            process = crew[name]
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            said = _said(process)
            if said is None:
                going.remove(name)
                continue
            found[name].append(said)
    for name, process in crew.items():
        if process.wait(60):
            raise SystemExit(f"{name} failed; its words are in {folder / name.replace(' ', '_')}.txt")
    return found


def whole(name: str, folder: Path) -> tuple[float, float]:
    """CPU seconds and peak MiB of a process from its start to its end."""
    process = subprocess.run(
        _command(name),
        check=False,
        cwd=folder,
        env=_surroundings(name, folder),
        capture_output=True,
        text=True,
        input="\n" * 10_000,
    )
    if process.returncode:
        raise SystemExit(f"{name} failed: {process.stderr[-2000:]}")
    cpu, peak = map(float, process.stdout.splitlines()[-1].split()[1:])
    return cpu, peak


def _started(name: str, folder: Path) -> subprocess.Popen[str]:
    with (folder / f"{name.replace(' ', '_')}.txt").open("w") as words:
        return subprocess.Popen(
            _command(name),
            cwd=folder,
            env=_surroundings(name, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )


def _command(name: str) -> list[str]:
    return [sys.executable, str(Path(__file__).resolve()), "--play", name]


def _surroundings(name: str, folder: Path) -> dict[str, str]:
    own = folder / f"{name.replace(' ', '_')}_{time.monotonic_ns()}"
    own.mkdir()
    return {**os.environ, **QUIET, "RUNS": str(own), "YOLO_CONFIG_DIR": str(own)}


def _said(process: subprocess.Popen[str]) -> tuple[float, float] | None:
    """CPU and wall seconds a frame that a process reports of its chunk; None when it is through, or has died."""
    assert process.stdout is not None
    kind, *figures = (process.stdout.readline() or "end").split()
    return (float(figures[0]), float(figures[1])) if kind == "chunk" else None


@contextmanager
def burner() -> Iterator[None]:
    """A process that never rests."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


# -------------------------------------------------------------------------------------------------------------- the contenders


def play(name: str, folder: Path) -> int:
    """Be one contender; standard output belongs to the turns."""
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import cv2

    cv2.setNumThreads(1)
    beat = _beats(report)
    kind = name.split(maxsplit=1)[0]
    {"ours": ours, "openvino": ours, "cameras": ours, "boxmot": boxmot, "ultralytics": ultralytics, "supervision": supervision}[
        kind
    ](name, folder, beat)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print("end", usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, file=report, flush=True)
    return 0


def _beats(report: TextIO) -> Beat:
    """To be called once a frame: at the end of each chunk it reports, and waits for its next turn."""
    count, cpu, wall = 0, 0.0, 0.0

    def beat() -> None:
        nonlocal count, cpu, wall
        count += 1
        if count % CHUNK:
            return
        print("chunk", (_cpu() - cpu) / CHUNK, (time.perf_counter() - wall) / CHUNK, file=report, flush=True)
        sys.stdin.readline()
        cpu, wall = _cpu(), time.perf_counter()

    return beat


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def ours(name: str, folder: Path, beat: Beat) -> None:
    """The flow, whole; its store is asked to count the frames."""
    from components.storage.sightings import SightingStore
    from flows.track import track

    write = SightingStore.write

    def counted(self: SightingStore, *words: Any) -> None:
        write(self, *words)
        beat()

    SightingStore.write = counted  # type: ignore[method-assign]
    kind, what = name.split(maxsplit=1)
    watched = int(what) if kind == "cameras" else 1
    words = [
        "fleet=video",
        "detector=onnx",
        f"detector.runtime={'openvino' if kind == 'openvino' else 'onnx'}",
        f"detector.weights={WEIGHTS}",
    ]
    words += [f"{'+' if n else ''}fleet.cameras.cam{n + 1}.uri={folder / 'clip.avi'}" for n in range(watched)]
    words += ["+fleet.every_camera.start=2026-03-02T10:00:00+00:00", f"tracker={'bytetrack' if what == 'bytetrack' else 'byte'}"]
    words += ["identity=nobody", "runner=local", "sampling=every_frame", f"group_size={watched}", f"batch_size={watched}"]
    words += [f"detector.threads={2 if what == 'two threads' else 1}"] + (["detector.precision=bf16"] if what == "bf16" else [])
    summary = track(words)
    if not summary.ok:
        raise SystemExit(f"flows.track failed: {dict(summary.failures)}")


def boxmot(name: str, folder: Path, beat: Beat) -> None:  # noqa: ARG001 - all contenders are called alike
    """The command `boxmot track`; its tracker is asked to count the frames."""
    import torch
    from boxmot.engine.cli import main as command
    from boxmot.trackers.box.bytetrack.tracker import ByteTrack

    torch.set_num_threads(1)
    _alone()
    update = ByteTrack.update

    def counted(self: ByteTrack, *words: Any, **named: Any) -> Any:
        found = update(self, *words, **named)
        beat()
        return found

    ByteTrack.update = counted
    words = [
        "track",
        "--detector",
        str(folder / "yolov8_layout.onnx"),
        "--tracker",
        "bytetrack",
        "--source",
        str(folder / "clip.avi"),
    ]
    words += ["--imgsz", str(SIDE), "--conf", str(SCORE), "--iou", str(IOU), "--classes", "0", "--device", "cpu", "--save-txt"]
    command([*words, "--project", str(folder / "boxmot")], standalone_mode=False)


def _alone() -> None:
    """One thread for ONNX Runtime, which else takes every core and spins: nobody is judged by that."""
    import onnxruntime as ort

    session = ort.InferenceSession

    def single(weights: str, options: Any = None, **words: Any) -> Any:
        options = options or ort.SessionOptions()
        options.intra_op_num_threads = 1
        return session(weights, options, **words)

    ort.InferenceSession = single


def ultralytics(name: str, folder: Path, beat: Beat) -> None:  # noqa: ARG001
    from plugins.ultralytics.offline import import_offline

    yolo = import_offline("ultralytics").YOLO
    import torch

    torch.set_num_threads(1)
    _alone()
    settings = {"imgsz": SIDE, "conf": SCORE, "iou": IOU, "classes": [0], "device": "cpu", "verbose": False}
    weights = str(folder / "yolov8_layout.onnx")
    for _ in yolo(weights, task="detect").track(str(folder / "clip.avi"), stream=True, tracker="bytetrack.yaml", **settings):
        beat()


def supervision(name: str, folder: Path, beat: Beat) -> None:  # noqa: ARG001
    """Pictures in and answers out as in YOLOX's demo/ONNXRuntime, without its loops over all classes."""
    import cv2
    import numpy as np
    import onnxruntime as ort
    import supervision as sv
    from trackers import ByteTrackTracker

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session, tracker = ort.InferenceSession(str(WEIGHTS), options), ByteTrackTracker()
    centres = np.concatenate([np.indices((SIDE // s, SIDE // s))[::-1].reshape(2, -1).T for s in (8, 16, 32)])
    strides = np.concatenate([np.full(((SIDE // s) ** 2, 1), s) for s in (8, 16, 32)])
    for picture in sv.get_video_frames_generator(str(folder / "clip.avi")):
        scale = min(SIDE / picture.shape[0], SIDE / picture.shape[1])
        size = int(picture.shape[1] * scale), int(picture.shape[0] * scale)
        padded = np.full((SIDE, SIDE, 3), 114, np.uint8)
        padded[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
        blob = np.ascontiguousarray(padded.transpose(2, 0, 1), np.float32)[None]
        output = session.run(None, {"images": blob})[0][0]
        middle, half = (output[:, :2] + centres) * strides, np.exp(output[:, 2:4]) * strides / 2
        boxes, scores = np.hstack([middle - half, middle + half]) / scale, output[:, 4] * output[:, 5]
        sure = scores > SCORE
        found = sv.Detections(boxes[sure].astype(np.float32), confidence=scores[sure], class_id=np.zeros(sure.sum(), int))
        tracker.update(found.with_nms(IOU))
        beat()


# -------------------------------------------------------------------------------------------------------------- the material


def cut(video: Path, clip: Path, frames: int) -> None:
    """The first packets of a film, as they are."""
    import av

    with av.open(str(video)) as source, av.open(str(clip), "w") as out:
        stream = source.streams.video[0]
        target = out.add_stream_from_template(stream)
        for number, packet in enumerate(source.demux(stream)):
            if number >= frames or packet.dts is None:
                break
            packet.stream = target
            out.mux(packet)


def frames_of(clip: Path) -> int:
    import av

    with av.open(str(clip)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def as_yolov8(weights: Path, path: Path) -> None:
    """YOLOX with the answer of YOLOv8, (1, 4 + classes, cells) in pixels, for RGB 0..1: the same figures, nothing trained."""
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(weights)
    arrays = {each.name: each for each in model.graph.initializer}
    first = arrays[next(node for node in model.graph.node if node.op_type == "Conv").input[1]]
    kernel = numpy_helper.to_array(first).reshape(-1, 4, 3, 3, 3)  # Focus: four neighbours of three colours
    first.CopyFrom(numpy_helper.from_array((kernel[:, :, ::-1] * 255).reshape(-1, 12, 3, 3).astype(np.float32), first.name))
    centres = np.concatenate([np.indices((SIDE // s, SIDE // s))[::-1].reshape(2, -1).T for s in (8, 16, 32)])
    strides = np.concatenate([np.full(((SIDE // s) ** 2, 1), s) for s in (8, 16, 32)])
    constants = {"centres": centres.astype(np.float32), "strides": strides.astype(np.float32)}
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
    name = model.graph.output[0].name
    split = helper.make_node("Split", [name], ["xy", "wh", "object", "classes"], axis=2, split=[2, 2, 1, 80])
    model.graph.node.extend([
        split,
        helper.make_node("Add", ["xy", "centres"], ["moved"]), helper.make_node("Mul", ["moved", "strides"], ["middle"]),
        helper.make_node("Exp", ["wh"], ["grown"]), helper.make_node("Mul", ["grown", "strides"], ["size"]),
        helper.make_node("Mul", ["object", "classes"], ["scores"]),
        helper.make_node("Concat", ["middle", "size", "scores"], ["rows"], axis=2),
        helper.make_node("Transpose", ["rows"], ["output0"], perm=[0, 2, 1]),
    ])  # fmt: skip
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("output0", onnx.TensorProto.FLOAT, [1, 84, len(centres)]))
    names = {0: "person"} | {n: f"class{n}" for n in range(1, 80)}
    said = {"stride": "32", "task": "detect", "batch": "1", "imgsz": str([SIDE, SIDE]), "names": str(names), "channels": "3"}
    helper.set_model_props(model, said)
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    sys.exit(main())
