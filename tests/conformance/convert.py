"""Make a recording of a folder of captures.

    python -m tests.conformance.convert FOLDER FILE.jsonl.gz [OPTION=VALUE …]

Options say how the recorded server was started; a bare OPTION is a flag.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_webui.upstream.captures import Capture, is_page
from fake_webui.upstream.recording import Recording, recordings, writing

PROSE = ("description", "summary", "title")  # in OpenAPI documents
DERIVED = ("info_parsed",)


def convert(source: Path, target: Path, started: dict[str, Any]) -> int:
    """Write the captures of a folder to one file, with their input images, and return how many."""
    count = 0
    with writing(target, started) as write:
        for recording in recordings(source):
            for capture in recording.captures():
                write(slim(capture))
                copy_images(capture, recording, target.parent)
                count += 1
    return count


def slim(capture: Capture) -> Capture:
    """Return a capture without the bodies of pages and documents, of which the size is enough."""
    answer = {key: value for key, value in capture.response.items() if key not in DERIVED}
    if "omitted" in answer:
        answer["omitted"] = {"bytes": answer["omitted"]["bytes"]}
    elif is_page(text := answer.get("text", "")):
        del answer["text"]
        answer["omitted"] = {"bytes": len(text.encode())}
    elif isinstance(body := answer.get("json"), dict) and "openapi" in body:
        answer["json"] = without_prose(body)
    return replace(capture, response=answer)


def without_prose(value: Any) -> Any:
    """Return an OpenAPI document without its texts."""
    if isinstance(value, dict):
        return {key: without_prose(one) for key, one in value.items() if not is_prose(key, one)}
    return [without_prose(one) for one in value] if isinstance(value, list) else value


def is_prose(key: str, value: Any) -> bool:
    """Return whether a member of an OpenAPI document is a text for its readers."""
    return key in PROSE and isinstance(value, str)


def copy_images(capture: Capture, source: Recording, folder: Path) -> None:
    """Copy the input images of a capture to a folder."""
    for request in (*capture.setup, capture.request):
        for name in input_files(request.get("json")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source.root / name, folder / name)


def input_files(value: Any) -> Iterator[str]:
    """Yield the names of the input images in a request."""
    if isinstance(value, dict) and "input_file" in value:
        yield value["input_file"]
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from input_files(child)


if __name__ == "__main__":
    words = dict(word.partition("=")[::2] for word in sys.argv[3:])
    options = {name: value or True for name, value in words.items()}
    converted = convert(Path(sys.argv[1]), Path(sys.argv[2]), options)
    print(f"{converted} captures in {sys.argv[2]}")
