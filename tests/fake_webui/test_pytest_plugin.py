"""The pytest plugin, in client projects of its own."""

import os
import signal
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
import requests

from fake_webui import FakeWebUI
from tests.pages import README, code, pieces
from tests.support import ROOT, wait_until

PLUGIN = "fake_webui.pytest_plugin"
INSTALLED = any(one.value == PLUGIN for one in entry_points(group="pytest11"))
OTHER_PLUGINS = ("anyio", "hypothesispytest", "randomly", "schemathesis", "xprocess")
LOAD = [] if INSTALLED else ["-p", PLUGIN]

# Where this suite runs in the background, Ctrl-C is ignored, and so it would be by its children.
OBEYING_PYTEST = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main(sys.argv[1:]))
"""
CLIENT = """
    import os
    import requests

    TXT2IMG = "/sdapi/v1/txt2img"

    def call(webui, path="/sdapi/v1/samplers"):
        return requests.get(webui.url + path, timeout=60)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Somebody else's project, with a client to test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in OTHER_PLUGINS))
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        monkeypatch.delenv(name)  # this test's own worker is none of the project's
    pytester.makepyfile(client=CLIENT)
    return pytester


def run(project: pytest.Pytester, *words: str) -> pytest.RunResult:
    """Run the project's tests in this process."""
    return project.runpytest_inprocess(*LOAD, "-p", "no:cacheprovider", *words)


def is_running(pid: int) -> bool:
    """Say whether a process is there and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_client_project_needs_nothing_else(project: pytest.Pytester) -> None:
    """The fixture is there, records what is sent, and starts fresh for each test."""
    project.makepyfile(
        """
        from client import call

        def test_one(fake_webui):
            call(fake_webui)
            assert fake_webui.count("/sdapi/v1/samplers", exactly=1) == 1

        def test_two(fake_webui, request):
            assert fake_webui.requests() == []
            call(fake_webui)
            (entry,) = fake_webui.requests()
            assert (entry["n"], entry["mark"]) == (1, request.node.nodeid)
        """
    )
    run(project).assert_outcomes(passed=2)


def test_a_failed_test_shows_its_journal(project: pytest.Pytester) -> None:
    """What was expected, a table of what was sent, what came nearest; and no code of ours."""
    project.makepyfile(
        """
        from client import call

        def test_it(fake_webui):
            call(fake_webui)
            assert fake_webui.last("/sdapi/v1/txt2img")["steps"] == 5
        """
    )
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*expected at least 1 request like*, found 0",
            "*request * times * status * notes",
            "*GET /sdapi/v1/samplers * 1 * 200",
            "*nearest:",
            '*#1 GET /sdapi/v1/samplers: path is "/sdapi/v1/samplers", not "/sdapi/v1/txt2img"',
            "*- fake WebUI -*",
            "#1 GET /sdapi/v1/samplers 200: null",
        ]
    )
    result.stdout.no_fnmatch_line("*testing/*.py*")


def test_an_address_that_is_not_there_fails_the_test(project: pytest.Pytester) -> None:
    """A slip in a path does not go unnoticed, unless the marker allows it."""
    project.makepyfile(
        """
        import pytest
        from client import call

        def test_slip(fake_webui):
            call(fake_webui, "/sdapi/v1/sampler")

        @pytest.mark.fake_webui(allow=["/sdapi/v1/sampl*"])
        def test_on_purpose(fake_webui):
            assert call(fake_webui, "/sdapi/v1/sampler").status_code == 404
        """
    )
    result = run(project, "--strict-markers")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "requests that the WebUI does not know:",
            "*GET /sdapi/v1/sampler: the WebUI has no such address: did you mean*/samplers`?",
        ]
    )


def test_flags_come_from_the_configuration(project: pytest.Pytester) -> None:
    """`fake_webui_options` are words of the command line."""
    project.makeini("[pytest]\nfake_webui_options = --seed 3 --allow-remote")
    project.makepyfile(
        """
        from client import call

        def test_it(fake_webui):
            assert call(fake_webui).ok
        """
    )
    run(project).assert_outcomes(passed=1)


def test_a_server_that_can_not_start_says_why(project: pytest.Pytester) -> None:
    """A bad flag is told in the server's own words."""
    project.makeini("[pytest]\nfake_webui_options = --sede 3")
    project.makepyfile("def test_it(fake_webui): pass")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*the fake WebUI did not start, exit status 2: *", "*No such option*--sede*"]
    )


def test_each_xdist_worker_has_a_server(project: pytest.Pytester) -> None:
    """Tests of different workers do not see each other."""
    project.makepyfile(
        """
        import pytest
        from pathlib import Path
        from client import call

        @pytest.mark.parametrize("number", range(12))
        def test_it(fake_webui, number, worker_id):
            call(fake_webui)
            assert fake_webui.count(exactly=1) == 1
            Path(f"{worker_id}.url").write_text(fake_webui.url)
        """
    )
    run(project, "-n", "2").assert_outcomes(passed=12)
    urls = {path.read_text() for path in project.path.glob("gw*.url")}
    assert len(urls) == 2


def test_a_server_that_dies_fails_its_test_and_is_replaced(project: pytest.Pytester) -> None:
    """The test says that the server ended; the next one has a server at the same address."""
    project.makepyfile(
        """
        import os, signal
        from client import call

        def test_dying(fake_webui, request):
            request.config.url = fake_webui.url
            os.kill(fake_webui.health()["pid"], signal.SIGKILL)
            fake_webui._process.wait()

        def test_next(fake_webui, request):
            assert fake_webui.url == request.config.url
            assert call(fake_webui).ok
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*the fake WebUI ended with status -9*"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_survives_its_tests(project: pytest.Pytester, number: int) -> None:
    """Ctrl-C, an ordinary kill and a hard one all end the server with pytest."""
    project.makepyfile(
        """
        from pathlib import Path
        from client import call

        def test_endless(fake_webui):
            fake_webui.fault("hang")
            Path("pid.part").write_text(str(fake_webui.health()["pid"]))
            Path("pid.part").rename("pid")
            call(fake_webui)
        """
    )
    pid_file = project.path / "pid"
    words = [sys.executable, "-c", OBEYING_PYTEST, *LOAD, "-p", "no:cacheprovider"]
    with subprocess.Popen(words, cwd=project.path, stdout=subprocess.DEVNULL) as tests:
        wait_until(pid_file.exists)
        tests.send_signal(number)
        status = tests.wait(20)
    assert status == (pytest.ExitCode.INTERRUPTED if number == signal.SIGINT else -number)
    wait_until(lambda: not is_running(int(pid_file.read_text())))


def test_a_server_from_before_is_made_fresh(project: pytest.Pytester) -> None:
    """With --fake-webui-url old faults, marks and entries are gone when a test begins."""
    project.makepyfile(
        """
        from client import call

        def test_it(fake_webui):
            assert call(fake_webui).ok
            assert fake_webui.count(exactly=1) == 1
        """
    )
    with FakeWebUI() as left_over:
        left_over.fault("status")
        requests.get(f"{left_over.url}/sdapi/v1/samplers", timeout=60)
        run(project, "--fake-webui-url", left_over.url).assert_outcomes(passed=1)
        assert left_over.count(exactly=1) == 1
        assert left_over.exit_status is None


def test_a_server_of_others_that_dies_is_told_in_the_report(project: pytest.Pytester) -> None:
    """When the server behind --fake-webui-url goes away, the test fails and the run goes on."""
    project.makepyfile(
        """
        import os, signal
        from client import call

        def test_dying(fake_webui):
            os.kill(fake_webui.health()["pid"], signal.SIGKILL)
            call(fake_webui)

        def test_next():
            pass
        """
    )
    with FakeWebUI() as webui:
        result = run(project, "--fake-webui-url", webui.url)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*- fake WebUI -*", "no fake WebUI answers at http://*"])


def test_one_server_has_a_scope_for_each_worker(project: pytest.Pytester) -> None:
    """Workers that reset one server do not see each other, nor does it see them."""
    project.makepyfile(
        """
        import pytest
        from client import call

        @pytest.mark.parametrize("number", range(12))
        def test_it(fake_webui, number):
            call(fake_webui)
            assert fake_webui.count(exactly=1) == 1
        """
    )
    with FakeWebUI() as webui:
        result = run(project, "--fake-webui-url", webui.url, "-n", "2")
        assert webui.requests() == []
        assert webui.health()["scopes"] == 2
    result.assert_outcomes(passed=12)


def test_a_url_where_nobody_answers_is_told(project: pytest.Pytester) -> None:
    """A wrong --fake-webui-url is one sentence."""
    project.makepyfile("def test_it(fake_webui): pass")
    result = run(project, "--fake-webui-url", "http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no fake WebUI answers at http://127.0.0.1:9*"])


def test_the_plugin_weighs_nothing_where_it_is_not_used(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that does not ask for the fixtures imports none of what they need."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.makepyfile(
        """
        import sys

        def test_it():
            heavy = {"flask", "requests", "PIL", "fake_webui.testing.fake", "fake_webui.server"}
            assert not heavy & set(sys.modules)
        """
    )
    result = project.runpytest_subprocess("-p", PLUGIN, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


def test_coverage_of_a_client_is_not_disturbed(project: pytest.Pytester) -> None:
    """A project that measures itself sees its own lines, and no warning."""
    project.makepyfile(
        """
        from client import call

        def test_it(fake_webui):
            assert call(fake_webui).ok
        """
    )
    words = ["-m", "coverage", "run", "--source=.", "-m", "pytest", "-q", *LOAD]
    measured = project.run(sys.executable, *words)
    assert measured.ret == 0
    assert not measured.stderr.str()
    report = project.run(sys.executable, "-m", "coverage", "report", "--include=client.py")
    report.stdout.fnmatch_lines(["client.py*100%"])


@pytest.fixture
def readme_example() -> str:
    """What the README shows as a test of one's own client."""
    (example,) = [one for one in pieces(README.read_text("utf-8")) if one.language == "python"]
    return example.code


def test_the_readme_example_works(project: pytest.Pytester, readme_example: str) -> None:
    """It passes as it stands."""
    project.makepyfile(test_readme=readme_example)
    outcome = run(project).parseoutcomes()
    assert outcome.keys() == {"passed"}


def test_a_failure_looks_as_the_readme_shows(project: pytest.Pytester, readme_example: str) -> None:
    """What is printed of the example if its client sends one field more, as is told there."""
    wrong = readme_example.replace('"steps": steps}', '"steps": steps, "sampler": "Euler a"}')
    assert wrong != readme_example
    project.makepyfile(test_readme=wrong)
    result = run(project, "-k", "sends_its_steps")
    shown = [line.replace("[", "[[]") for line in code("failure").splitlines()]
    result.stdout.fnmatch_lines(shown, consecutive=True)


CALLS = """
    import pytest
    import requests

    SMALL = {"width": 64, "height": 64, "steps": 2}

    def generate(webui, **fields):
        return requests.post(f"{webui.url}/sdapi/v1/txt2img", json=SMALL | fields, timeout=60)
"""


def test_a_misspelt_field_fails_the_test(project: pytest.Pytester) -> None:
    """With the nearest name, however the test came by the server; strict=False lets it pass."""
    project.makepyfile(
        CALLS
        + """
    @pytest.fixture
    def client(fake_webui):
        return lambda: generate(fake_webui, negativ_prompt="x")

    def test_direct(fake_webui):
        generate(fake_webui, negativ_prompt="x")

    def test_by_a_fixture(client):
        client()

    def test_by_value(request):
        generate(request.getfixturevalue("fake_webui"), negativ_prompt="x")

    @pytest.mark.fake_webui(strict=False)
    def test_lenient(client):
        client()
"""
    )
    result = run(project)
    result.assert_outcomes(passed=1, failed=3)
    line = "*POST /sdapi/v1/txt2img: `negativ_prompt` is not a field*: did you mean `negative_*`?"
    result.stdout.fnmatch_lines([line] * 3)


def test_settings_allow_more_or_all(project: pytest.Pytester) -> None:
    """Capability probes are allowed for all tests at once; strictness can be switched off."""
    project.makepyfile(
        """
        import requests

        def test_probe(fake_webui):
            requests.get(fake_webui.url + "/controlnet/version", timeout=9)

        def test_slip(fake_webui):
            requests.get(fake_webui.url + "/nowhere", timeout=9)
        """
    )
    run(project, "-o", "fake_webui_allow=/controlnet/*").assert_outcomes(passed=1, failed=1)
    run(project, "-o", "fake_webui_strict=false").assert_outcomes(passed=2)


def test_a_mark_sets_the_server_for_one_test(project: pytest.Pytester) -> None:
    """Settings and fault rules, in both spellings, are gone with the next test."""
    project.makepyfile(
        CALLS
        + """
    RULE = {"match": {"path": "txt2img"}, "action": "status", "with": {"status": 502}}

    @pytest.mark.fake_webui(step_seconds=0.01, faults=["txt2img:nan:first", RULE])
    def test_marked(fake_webui):
        assert fake_webui.settings()["step_seconds"] == 0.01
        assert [generate(fake_webui).status_code for _ in range(2)] == [500, 502]

    def test_next(fake_webui):
        assert fake_webui.settings()["step_seconds"] == 0
        assert generate(fake_webui).ok
"""
    )
    run(project).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("allow_unmatched=True", '*no argument "allow_unmatched"; allow=*'),
        ("strikt=False", '*no argument "strikt"; it takes strict, allow, *'),
        ("False", "*takes its arguments by name*"),
        ("step_seconds=-1", "*step_seconds is from 0 to*"),
        ("faults=['txt2img:nun']", '*there is no action "nun"*form:*'),
    ],
)
def test_a_wrong_mark_is_an_error(project: pytest.Pytester, arguments: str, words: str) -> None:
    """It says what the marker takes."""
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.fake_webui({arguments})
        def test_it(fake_webui): pass
        """
    )
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])


def test_findings_of_tests_that_pass_are_shown(project: pytest.Pytester) -> None:
    """A LoRA that the WebUI ignored is no failure, and is not silent either."""
    project.makepyfile(
        CALLS
        + """
    def test_it(fake_webui):
        assert generate(fake_webui, prompt="<lora:nobody:1>").ok
"""
    )
    result = run(project)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*fake WebUI findings*", "*::test_it", "*txt2img: *nobody*"])


def test_a_failure_shows_images_by_size_and_hash(project: pytest.Pytester) -> None:
    """With the way to their bytes, in place of their base64."""
    project.makepyfile(
        CALLS
        + """
    def test_it(fake_webui):
        generate(fake_webui, prompt="a cat")
        assert False
"""
    )
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- fake WebUI -*",
            "POST /sdapi/v1/txt2img * 1 * 200",
            '#1 POST /sdapi/v1/txt2img 200: {"width": 64, *"prompt": "a cat"}',
            "    received images.0: PNG 64×64, sha256 ????????????…, image(1, 0)",
        ]
    )


def test_coroutines_have_a_fixture_of_their_own(project: pytest.Pytester) -> None:
    """It is the same server, fresh and strict, and its methods are awaited."""
    project.makepyfile(
        """
        import asyncio
        from client import call

        def test_it(async_fake_webui):
            async def count():
                await asyncio.to_thread(call, async_fake_webui)
                return await async_fake_webui.count(exactly=1)

            assert asyncio.run(count()) == 1

        def test_slip(async_fake_webui):
            call(async_fake_webui, "/sdapi/v1/sampler")
        """
    )
    run(project).assert_outcomes(passed=1, failed=1)


def test_the_mark_can_be_written_as_a_function(project: pytest.Pytester) -> None:
    """It is the mark."""
    project.makepyfile(
        CALLS
        + """
    from fake_webui.pytest_plugin import mark

    @mark(strict=False, step_seconds=0.01)
    def test_it(fake_webui):
        assert fake_webui.settings()["step_seconds"] == 0.01
        generate(fake_webui, negativ_prompt="x")
"""
    )
    run(project, "--strict-markers").assert_outcomes(passed=1)
