"""Which fault strikes which request, and how often."""

from __future__ import annotations

from integrations_sandbox.faults import Fault, Faults


def kinds(faults: Faults, method: str = "POST", path: str = "/v2/public/x") -> list[str]:
    return [one.kind for one in faults.of_request(method, path)]


def staged(*rules: Fault) -> Faults:
    faults = Faults()
    faults.replace(list(rules))
    return faults


def test_without_rules_nothing_happens():
    assert kinds(Faults()) == []


def test_a_rule_is_about_its_method_and_its_path():
    faults = staged(Fault("error", method="POST", path="/x"))
    assert kinds(faults) == ["error"]
    assert kinds(faults, method="GET") == []
    assert kinds(faults, path="/v2/public/y") == []


def test_a_rule_strikes_as_often_as_it_says_and_is_counted():
    faults = staged(Fault("error", times=2))
    assert [kinds(faults) for _ in range(3)] == [["error"], ["error"], []]
    assert [one["struck"] for one in faults.report()] == [2]


def test_every_latency_strikes_and_of_the_others_the_first():
    faults = staged(Fault("latency", seconds=1), Fault("error"), Fault("reset_after"), Fault("latency", seconds=1))
    assert kinds(faults) == ["latency", "error", "latency"]
    assert [one["struck"] for one in faults.report()] == [1, 1, 0, 1]


def test_chance_is_the_same_at_every_rehearsal():
    faults = staged(Fault("error", chance=0.5))
    once = [kinds(faults) for _ in range(50)]
    faults.replace([Fault("error", chance=0.5)])
    assert once == [kinds(faults) for _ in range(50)]
    assert 10 < sum(map(len, once)) < 40


def test_faults_of_jobs_are_none_of_requests():
    faults = staged(Fault("stuck_job", times=1))
    assert kinds(faults) == []
    assert [faults.of_job(), faults.of_job()] == ["stuck_job", None]
