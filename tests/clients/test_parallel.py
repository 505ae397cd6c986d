"""Node's own runner with many test files at the same time, on one server."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fake_webui import FakeWebUI
from tests.support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.clients]

FILES = 30
TEST = """
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeWebUI } from "./webui.mjs";

const webui = new FakeWebUI("file-NUMBER");
const headers = { "Content-Type": "application/json" };

function generate() {
  const body = JSON.stringify({ prompt: "NUMBER", steps: 1, width: 64, height: 64 });
  return fetch(`${webui.url}/sdapi/v1/txt2img`, { method: "POST", headers, body });
}

beforeEach(() => webui.control("POST", "reset"));

for (const round of [1, 2, 3]) {
  test(`round ${round}`, async () => {
    await webui.control("POST", "faults", "txt2img:status:nth=2");
    const statuses = [(await generate()).status, (await generate()).status];
    assert.deepEqual(statuses, [200, 500]);
    assert.equal((await webui.last("txt2img")).prompt, "NUMBER");
    await webui.control("POST", "requests/count", { exactly: 2 });
    assert.deepEqual(await webui.unexpected(), []);
  });
}
"""


def helper_of_the_recipe() -> str:
    """Return webui.mjs as the recipe shows it."""
    text = (ROOT / "fake_webui" / "docs" / "recipes.md").read_text(encoding="utf-8")
    found = re.search(r"```js webui.mjs\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def test_thirty_files_share_a_server_and_never_meet(tmp_path: Path) -> None:
    """Each has a scope: its own journal, faults and resets."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not on the PATH: install it as .ci/run does")
    (tmp_path / "webui.mjs").write_text(helper_of_the_recipe(), encoding="utf-8")
    for number in range(FILES):
        text = TEST.replace("NUMBER", str(number))
        (tmp_path / f"file-{number}.test.mjs").write_text(text, encoding="utf-8")
    with FakeWebUI() as webui:
        done = subprocess.run(
            [node, "--test"], cwd=tmp_path, env={**os.environ, "WEBUI_URL": webui.url},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert webui.health()["scopes"] == FILES
        assert webui.requests() == []
    assert done.returncode == 0, done.stdout
    assert re.search(r"^# fail 0$", done.stdout, re.MULTILINE)
    assert re.search(rf"^# pass {FILES * 3}$", done.stdout, re.MULTILINE)
