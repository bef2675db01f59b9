"""Who runs which point: claims in Optuna's study, so that each is run once, however many drivers there are.

    claim       a RUNNING trial of the point is added; of the trials of a point that are not given up, the lowest wins
    give up     a trial FAILs without an outcome: its driver has stopped, or has not been heard of for a while
    finish      COMPLETE, PRUNED, or FAIL with the outcome "failed"
    reopen      a trial that names a failed one is added and given up: the point is nobody's again

Trials are numbered in one order by the storage, a finished one never changes, and a lower one is seen by whoever has
added a higher: so two drivers never take one point for theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import DuplicatedStudyError, UpdateFinishedTrialError
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState, create_trial

from cnnspec.pytorch.sweep.folder import FINAL, PointRecord
from cnnspec.pytorch.sweep.storage import telling

NUMBER, VALUES, OUTCOME, FIRST, ALIVE = "number", "values", "outcome", "first", "alive"
LEFT_OUT, DUPLICATE, FAILED = "left out", "duplicate", "failed"
REOPENS = "reopens"  # the number of the failed trial whose point is to be run again
STATES = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED, FAILED: TrialState.FAIL}


@dataclass(frozen=True, slots=True)
class Claim:
    """A point that is ours to run: its number, its values, and the trial in the study."""

    number: int
    values: Mapping[str, Any]
    trial: int


class Claims:
    """The study of one sweep. ``alone`` says that no other driver writes it."""

    def __init__(
        self,
        storage: RDBStorage,
        name: str,
        direction: str,
        *,
        alone: bool,
        sampler: BaseSampler | None = None,
        pruner: BasePruner | None = None,
    ) -> None:
        self.storage, self.alone, self.url = storage, alone, storage.url
        with telling(self.url):
            kind = "maximize" if direction == "max" else "minimize"
            arguments: dict[str, Any] = {"study_name": name, "storage": storage, "sampler": sampler, "pruner": pruner}
            try:
                self.study = optuna.create_study(**arguments, direction=kind)  # type: ignore[arg-type]
            except DuplicatedStudyError:
                self.study = optuna.load_study(**arguments)
            self.id = storage.get_study_id_from_name(name)
        self.own: dict[int, int] = {}  # trials that run here, by the number of their point
        self.beaten = 0.0

    # --------------------------------------------------------------------------------------------------- what there is

    def trials(self) -> list[FrozenTrial]:
        with telling(self.url):
            return self.storage.get_all_trials(self.id, deepcopy=False)

    def reconcile(self, records: Mapping[int, PointRecord]) -> None:
        """Let the study say what the records say, and give up what no one runs any more."""
        finals = {number: record for number, record in records.items() if record.status in FINAL}
        owners = {number: trial.number for number, trial in self.held().items()}
        for trial in self.trials():
            number = trial.user_attrs.get(NUMBER)
            if trial.state is TrialState.RUNNING and number in finals and owners.get(number) == trial.number:
                self._end(trial.number, finals[number])
            elif trial.state is TrialState.RUNNING and self.alone:
                self._fail(trial.number)
        held = self.held()
        for number, trial in held.items():
            if trial.user_attrs.get(OUTCOME) == FAILED and number in records and number not in finals:
                self._reopen(trial)
        for number, record in finals.items():
            if number not in held:
                self._end(self.added(number, record.values).trial, record)
        self._count_from(max(records, default=0))

    def held(self) -> dict[int, FrozenTrial]:
        """The trial of each point that someone has: of those that are not given up or reopened, the lowest."""
        found: dict[int, FrozenTrial] = {}
        trials = self.trials()
        reopened = {trial.user_attrs.get(REOPENS) for trial in trials}
        for trial in trials:
            number = trial.user_attrs.get(NUMBER)
            if number is not None and not is_given_up(trial) and trial.number not in reopened:
                found.setdefault(number, trial)
        return found

    def taken(self) -> set[int]:
        """The points that are someone's, or are over."""
        return {number for number, trial in self.held().items() if trial.user_attrs.get(OUTCOME) != LEFT_OUT}

    def others_run(self) -> bool:
        """Whether another driver has points that run."""
        mine = set(self.own.values())
        return any(t.state is TrialState.RUNNING and t.number not in mine for t in self.held().values())

    # -------------------------------------------------------------------------------------------------- claiming

    def claim(self, number: int, values: Mapping[str, Any]) -> Claim | None:
        """Take a point; None where someone else has it."""
        claim = self.added(number, values)
        return self._won(claim)

    def added(
        self,
        number: int | None,
        values: Mapping[str, Any],
        params: Mapping[str, Any] | None = None,
        distributions: Mapping[str, BaseDistribution] | None = None,
        reopens: int | None = None,
    ) -> Claim:
        """A trial of a point, running. Without a number it gets the next one."""
        attrs = {VALUES: json.dumps(dict(values))} | ({} if number is None else {NUMBER: number})
        attrs |= {} if reopens is None else {REOPENS: reopens}
        kinds = dict(distributions or {})
        template = create_trial(
            state=TrialState.RUNNING, params=dict(params or {}), distributions=kinds, user_attrs=attrs
        )
        with telling(self.url):
            id = self.storage.create_new_trial(self.id, template_trial=template)
            trial = self.storage.get_trial(id).number
            if number is None:
                number = self.number_of(trial)
                self.storage.set_trial_user_attr(id, NUMBER, number)
            self._alive(id)
            return Claim(number, values, trial)

    def _won(self, claim: Claim) -> Claim | None:
        if self.held()[claim.number].number == claim.trial:
            self.own[claim.number] = claim.trial
            return claim
        self._fail(claim.trial, DUPLICATE)
        return None

    def adopt(self, number: int, trial: int) -> None:
        """Run a trial that a sampler has just made."""
        with telling(self.url):
            self._alive(self._id(trial))
        self.own[number] = trial

    def _alive(self, id: int) -> None:
        self.storage.record_heartbeat(id)
        self.storage.set_trial_user_attr(id, ALIVE, True)  # noqa: FBT003 - a value

    def retake(self, given_up: FrozenTrial) -> Claim | None:
        """Take a point that its driver gave up, with what the sampler knows of it."""
        number, values = given_up.user_attrs[NUMBER], values_of(given_up)
        return self._won(self.added(number, values, given_up.params, given_up.distributions))

    def _reopen(self, failed: FrozenTrial) -> None:
        """Let the point of a failed trial be taken again; a finished trial itself never changes."""
        number, values = failed.user_attrs[NUMBER], values_of(failed)
        self._fail(self.added(number, values, failed.params, failed.distributions, failed.number).trial)

    def abandoned(self) -> list[FrozenTrial]:
        """The last trial of each point that was given up and that no one has."""
        held = self.held()
        found = {t.user_attrs[NUMBER]: t for t in self.trials() if NUMBER in t.user_attrs and is_given_up(t)}
        return [trial for number, trial in found.items() if number not in held]

    # -------------------------------------------------------------------------------------------------- while it runs

    def report(self, number: int, values: Sequence[float]) -> bool:
        """Tell the pruner of all epochs of a run so far; returns whether it is to end."""
        trial = self._id(self.own[number])
        with telling(self.url):
            known = self.storage.get_trial(trial).intermediate_values
            for epoch, value in enumerate(values, 1):
                if epoch not in known:
                    self.storage.set_trial_intermediate_value(trial, epoch, value)
            return self.study.pruner.prune(self.study, self.storage.get_trial(trial))

    def beat(self, every: float) -> None:
        """Let others know that our runs are alive, and give up those of drivers that are not heard of."""
        if monotonic() - self.beaten < every:
            return
        self.beaten = monotonic()
        with telling(self.url):
            for trial in self.own.values():
                self.storage.record_heartbeat(self._id(trial))
            if not self.alone:
                fail_stale_trials(self.study)
                self._fail_silent(timedelta(seconds=20 * every))

    def _fail_silent(self, grace: timedelta) -> None:
        """Give up trials whose driver died before their first heartbeat."""
        mine = set(self.own.values())
        for trial in self.trials():
            silent = trial.state is TrialState.RUNNING and trial.number not in mine and ALIVE not in trial.user_attrs
            if silent and trial.datetime_start and datetime.now() - trial.datetime_start > grace:
                self._fail(trial.number)

    def is_ours(self, number: int) -> bool:
        """Whether a run is still ours: another driver may have taken us for dead."""
        with telling(self.url):
            return self.storage.get_trial(self._id(self.own[number])).state is TrialState.RUNNING

    # -------------------------------------------------------------------------------------------------- the end of it

    def finish(self, record: PointRecord) -> None:
        """A point is over, and its record is written."""
        self._end(self.own.pop(record.number), record)

    def leave_out(self, trial: int) -> None:
        """A trial of a sampler that cannot be run: samplers learn nothing of it."""
        self._fail(trial, LEFT_OUT)

    def give_up(self) -> None:
        """Let go of all points that run here."""
        for number in list(self.own):
            self._fail(self.own.pop(number))

    def _end(self, trial: int, record: PointRecord) -> None:
        with telling(self.url), suppress(UpdateFinishedTrialError):  # another driver may have said so already
            id = self._id(trial)
            self.storage.set_trial_user_attr(id, OUTCOME, record.status)
            known = self.storage.get_trial(id).intermediate_values
            for epoch, value in enumerate(record.reports, 1):
                if epoch not in known:
                    self.storage.set_trial_intermediate_value(id, epoch, value)
            values = None if record.objective is None or record.status == "failed" else [record.objective]
            self.storage.set_trial_state_values(id, STATES[record.status], values)

    def _fail(self, trial: int, outcome: str = "") -> None:
        with telling(self.url), suppress(UpdateFinishedTrialError):
            id = self._id(trial)
            if outcome:
                self.storage.set_trial_user_attr(id, OUTCOME, outcome)
            self.storage.set_trial_state_values(id, TrialState.FAIL)

    def _count_from(self, first: int) -> None:
        """Let numbers of new points be beyond those of the records, whatever the trials are numbered by."""
        with telling(self.url):
            if len(self.trials()) < first:
                self.storage.set_study_user_attr(self.id, FIRST, first)

    def number_of(self, trial: int) -> int:
        """The number of a point that a sampler makes."""
        with telling(self.url):
            return int(self.storage.get_study_user_attrs(self.id).get(FIRST, 0)) + trial + 1

    def _id(self, trial: int) -> int:
        return self.storage.get_trial_id_from_study_id_trial_number(self.id, trial)


def is_given_up(trial: FrozenTrial) -> bool:
    """Whether a trial has no outcome and never will have one, or was one too many."""
    return trial.state is TrialState.FAIL and trial.user_attrs.get(OUTCOME) in (None, DUPLICATE)


def values_of(trial: FrozenTrial) -> dict[str, Any]:
    """The values of the point of a trial."""
    values: dict[str, Any] = json.loads(trial.user_attrs[VALUES])
    return values
