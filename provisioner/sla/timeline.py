"""The oracle: the whole life of one lead, event by event and timer by timer, as docs/semantics.md says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from provisioner.model.design import Channel
from provisioner.sla.classification import evaluate, is_blank
from provisioner.sla.instants import SECOND, ceil_to, epoch, from_epoch
from provisioner.sla.policy import Owner, Policy, TimedStep
from provisioner.sla.state import LeadState
from provisioner.sla.transitions import after_due, after_save, after_step, after_touch, stage_event

_AFTER_HOURS = -1  # the timer of the after-hours promise
_DUE = 0  # the timer of D itself; steps are timers 1, 2, …
_TIMERS_AT_ONE_INSTANT = 1000


@dataclass(frozen=True, slots=True)
class Saved:
    """The lead was created or changed. `values` are all field values after the save, not only the changed ones."""

    at: datetime
    values: Mapping[str, Any]
    owner: Owner | None


@dataclass(frozen=True, slots=True)
class Touched:
    """An activity on the lead. `actor` is the user's key, as in `Owner.key` and `ignore_users`."""

    at: datetime
    type: str
    actor: str
    human: bool = True


@dataclass(frozen=True, slots=True)
class Converted:
    """The lead was converted: from now on nothing happens to it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Switched:
    """The surge was switched on or off in the CRM."""

    at: datetime
    on: bool


Event = Saved | Touched | Converted | Switched


@dataclass(frozen=True, slots=True)
class Alert:
    """One message of one step over one channel. `at` is when the timer ran, `due_at` the exact time of the step.
    `recipients` are the ids of the real recipients, also when `silent`, where the message goes to `silent_to` instead.
    `task` and `reassign_to` are what the step does besides; when `silent`, what it would have done."""

    at: datetime
    due_at: datetime
    lead_type: str
    escalation: str
    step: int
    channel: Channel
    recipients: tuple[str, ...]
    owner: Owner | None
    silent: bool
    task: str | None
    reassign_to: str | None
    cycle: int


@dataclass(frozen=True, slots=True)
class TaskMade:
    """A task that a step created for the owner of that instant (live mode only). `text` has its placeholders."""

    at: datetime
    due_at: datetime
    lead_type: str
    step: int
    text: str
    owner: Owner | None


@dataclass(frozen=True, slots=True)
class Reassigned:
    """A step handed the lead over (live mode only). `recipient` is the recipient's id."""

    at: datetime
    due_at: datetime
    lead_type: str
    step: int
    recipient: str
    before: Owner | None
    after: Owner


@dataclass(frozen=True, slots=True)
class Promised:
    """One message about an after-hours promise: it `begun`, or it is `broken`. Over bell and email, a Slack channel by
    Slack. `due_at` is when the promise ends; `recipients` are the real ones, also when `silent`."""

    at: datetime
    what: Literal["begun", "broken"]
    due_at: datetime
    lead_type: str
    recipients: tuple[str, ...]
    owner: Owner | None
    silent: bool
    cycle: int


@dataclass(frozen=True, slots=True)
class StageChange:
    """A row of stage history: values of the stage field, None where blank; `seconds` in the value before, None where
    its beginning is unknown."""

    at: datetime
    before: Any
    after: Any
    seconds: int | None
    cycle: int


@dataclass(frozen=True, slots=True)
class Change:
    """The lead as it was from `at` on. `cause`: created, saved, touched, converted, due, step N or reassigned."""

    at: datetime
    cause: str
    state: LeadState


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lead, and everything that reached people on the way, in order."""

    state: LeadState
    alerts: tuple[Alert, ...]
    tasks: tuple[TaskMade, ...]
    reassignments: tuple[Reassigned, ...]
    history: tuple[Change, ...]
    stages: tuple[StageChange, ...] = ()
    promised: tuple[Promised, ...] = ()


def run(
    policy: Policy,
    events: Iterable[Event],
    *,
    until: datetime,
    tick: timedelta = timedelta(0),
    reassign: Callable[[str], Owner] | None = None,
    known: LeadState | None = None,
) -> Outcome:
    """The outcome of a lead's events up to and including `until` (UTC, whole seconds).

    The first `Saved` creates the lead, unless `known` describes a lead that was there before. Events may come in any
    order; those of one instant keep theirs. `tick`: a timer runs at the first multiple of it at or after its time
    (zero: exactly then). `reassign` finds the owner that a recipient id of `reassign_to` stands for; without it, users
    and queues stand for themselves. ValueError for instants without zone or with fractions of a second, for a
    conversion before the creation, and for steps that reassign in a circle without time passing."""
    story = _Story(policy, tick // SECOND, reassign or policy.named_owner, known)
    for event in sorted(events, key=lambda event: epoch(event.at)):
        if event.at <= until:
            story.run_timers(event.at)
            story.happen(event)
    story.run_timers(until)
    return Outcome(
        story.state,
        tuple(story.alerts),
        tuple(story.tasks),
        tuple(story.reassignments),
        tuple(story.history),
        tuple(story.stages),
        tuple(story.promised),
    )


@dataclass
class _Story:
    policy: Policy
    tick: int
    reassign: Callable[[str], Owner]
    known: LeadState | None
    alerts: list[Alert] = field(default_factory=list)
    tasks: list[TaskMade] = field(default_factory=list)
    reassignments: list[Reassigned] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    stages: list[StageChange] = field(default_factory=list)
    promised: list[Promised] = field(default_factory=list)
    surge: bool = False

    def __post_init__(self) -> None:
        self.state = self.known or LeadState()
        self.exists = self.known is not None
        self.ran: set[tuple[int, int]] = set()  # (clock of the lead, timer)

    def become(self, at: datetime, cause: str, state: LeadState) -> None:
        before, self.state = self.state, state
        if state != before:
            self.history.append(Change(at, cause, state))
        if before.after_hours_due_at is None and state.after_hours_due_at is not None:
            self._promise(at, "begun", state.after_hours_due_at)

    def save(self, at: datetime, cause: str, values: Mapping[str, Any], owner: Owner | None) -> None:
        """A save of the lead by people or by a step."""
        before, created = self.state, not self.exists
        moved = stage_event(self.policy, before, values, created=created)
        state = after_save(self.policy, before, at, values, owner, created=created, surge=self.surge)
        self.exists = True
        stages = self.policy.stages
        if moved and stages is not None and stages.history:
            since = before.stage_entered_at
            seconds = None if since is None else (at - since) // SECOND
            was, now = (
                None if is_blank(value) else value
                for value in (before.values.get(stages.field), values.get(stages.field))
            )
            self.stages.append(StageChange(at, was, now, seconds, state.cycle))
        self.become(at, cause, state)

    def happen(self, event: Event) -> None:
        match event:
            case Saved(at, values, owner):
                self.save(at, "saved" if self.exists else "created", values, owner)
            case Touched(at, kind, actor, human):
                self.become(at, "touched", after_touch(self.policy, self.state, at, kind, actor, human=human))
            case Converted(at):
                if not self.exists:
                    raise ValueError(f"The lead was converted at {at.isoformat()}, before it was created.")
                self.become(at, "converted", replace(self.state, converted=True))
            case Switched(_, on):
                self.surge = on

    def run_timers(self, limit: datetime) -> None:
        """Runs every timer whose tick is not after `limit`, the earliest due time first."""
        last, repeated = None, 0
        while (timer := self._next_timer()) is not None:
            due_at, number = timer
            at = from_epoch(ceil_to(epoch(due_at), self.tick))
            if at > limit:
                return
            repeated = repeated + 1 if at == last else 0
            if repeated > _TIMERS_AT_ONE_INSTANT:
                raise ValueError(f"The steps of {self.state.lead_type} reassign in a circle at {at.isoformat()}.")
            last = at
            self.ran.add((self.state.clocks_started, number))
            if number == _AFTER_HOURS:
                self._break_promise(at, due_at)
            elif number == _DUE:
                self.become(at, "due", after_due(self.state))
            else:
                self._run_step(at, due_at, number)

    def _next_timer(self) -> tuple[datetime, int] | None:
        state = self.state
        if state.sla_due_at is None:
            return None
        timers = [(state.sla_due_at, _DUE), *((at, number) for number, at in enumerate(state.step_at, start=1))]
        if state.after_hours_due_at is not None:
            timers.append((state.after_hours_due_at, _AFTER_HOURS))
        return min((timer for timer in timers if (state.clocks_started, timer[1]) not in self.ran), default=None)

    def _run_step(self, at: datetime, due_at: datetime, number: int) -> None:
        if self.state.lead_type is None:
            return
        promise = self.policy.promise(self.state.lead_type)
        step = promise.steps[number - 1]
        state = after_step(self.state, step)
        if state == self.state:
            return
        self.become(at, f"step {number}", state)
        if self._is_quiet():
            return
        self._alert(at, due_at, promise.lead_type.escalation or "", step)
        if self.policy.mode == "live":
            self._act(at, due_at, promise.id, step)

    def _alert(self, at: datetime, due_at: datetime, escalation: str, step: TimedStep) -> None:
        if not step.notify:
            return
        for channel in step.via:
            self.alerts.append(
                Alert(
                    at=at,
                    due_at=due_at,
                    lead_type=self.state.lead_type or "",
                    escalation=escalation,
                    step=step.number,
                    channel=channel,
                    recipients=step.notify,
                    owner=self.state.owner,
                    silent=self.policy.mode == "silent",
                    task=step.task,
                    reassign_to=step.reassign_to,
                    cycle=self.state.cycle,
                )
            )

    def _act(self, at: datetime, due_at: datetime, lead_type: str, step: TimedStep) -> None:
        before = self.state.owner
        if step.task is not None:
            self.tasks.append(TaskMade(at, due_at, lead_type, step.number, step.task, before))
        if step.reassign_to is not None:
            after = self.reassign(step.reassign_to)
            self.reassignments.append(Reassigned(at, due_at, lead_type, step.number, step.reassign_to, before, after))
            self.save(at, "reassigned", self.state.values, after)

    def _is_quiet(self) -> bool:
        return any(evaluate(item.when, self.state.values) for item in self.policy.quiet)

    def _break_promise(self, at: datetime, due_at: datetime) -> None:
        state = self.state
        if state.first_touch_at is None and not state.excluded and not state.converted:
            self._promise(at, "broken", due_at)

    def _promise(self, at: datetime, what: Literal["begun", "broken"], due_at: datetime) -> None:
        state = self.state
        if state.lead_type is None or self._is_quiet():
            return
        after_hours = self.policy.promise(state.lead_type).lead_type.after_hours
        if after_hours is not None:
            told, silent = tuple(dict.fromkeys(after_hours.notify)), self.policy.mode == "silent"
            self.promised.append(Promised(at, what, due_at, state.lead_type, told, state.owner, silent, state.cycle))
