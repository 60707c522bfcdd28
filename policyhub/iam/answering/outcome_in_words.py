"""The outcome of a request in plain English: the headline, each layer, the kind of deny."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policyhub.iam.answering.outcome import Outcome
from policyhub.iam.deciding.applied_policies import AppliedPolicy
from policyhub.iam.deciding.decision import Decision, Layer
from policyhub.iam.deciding.formula import Truth
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.answers_in_words import LAYER_NAMES, statement_name, truth_in_words
from policyhub.iam.explaining.layers import LayerOutlook, LayerState, OpenStatement
from policyhub.iam.language.wording import Segment, Words, join_words, list_words, plain, say

_ONE: Mapping[Layer, str] = {
    Layer.IDENTITY: "identity policy",
    Layer.RESOURCE: "resource policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
    Layer.SERVICE_CONTROL: "service control policy",
    Layer.RESOURCE_CONTROL: "resource control policy",
    Layer.ENDPOINT: "VPC endpoint policy",
    Layer.REFERENCE: "service authorization reference",
}
_GRANTING = (Layer.IDENTITY, Layer.RESOURCE)
_MOST_NAMED = 3
_AS_ASKED = {
    "allowed": "As asked, allowed",
    "explicitDeny": "As asked, denied explicitly",
    "implicitDeny": "As asked, denied implicitly",
}


def headline(outcome: Outcome, layers: Sequence[LayerOutlook]) -> Words:
    """The answer in one line without a full stop: what, and on account of which document."""
    decision = outcome.decision
    if outcome.depends_on is None:
        doubt = _doubt(decision) if decision.is_allowed else ""
        return say(f"{_AS_ASKED[decision.name]}{doubt}; what it depends on was not decided")
    if outcome.can_change:
        keys = [(Segment("key", each),) for each in outcome.depends_on.keys]
        named = list_words(keys, " and ")
        if len(keys) > _MOST_NAMED:
            named = say(f"{len(keys):,} context keys")
        return join_words("Depends on ", named, _doubt(decision))
    if outcome.settled == "allowed":
        return join_words(f"Allowed{_doubt(decision)}", _always_sent(outcome))
    if outcome.differs_as_asked:
        return join_words("Denied", _always_sent(outcome))
    if decision.name == "explicitDeny":
        first, *others = decision.decided_by
        more = f" and {len(others):,} more" if others else ""
        return say(f"Denied explicitly by {statement_name(first.policy, first.statement)}{more}")
    return say(_implicit_deny(outcome, layers))


def _always_sent(outcome: Outcome) -> Words:
    """Why the answer is another one than to the request as asked; no words where it is not."""
    if not outcome.differs_as_asked:
        return ()
    keys = list_words([(Segment("key", each),) for each in outcome.always], " and ")
    return join_words(", because AWS always sends ", keys)


def _doubt(decision: Decision) -> str:
    """What to add where it is not known that AWS can be asked this; "" where it is."""
    if decision.possibility is None:
        return ", whether or not such a request is possible"
    unknown = decision.possible is None
    return ", but it is not known whether such a request is possible" if unknown else ""


def _ruled_out(decision: Decision) -> str:
    """Why the policies have no say, as it can follow "Denied, because"; "" where they have."""
    if Layer.REFERENCE not in decision.blocked_by:
        return ""
    if decision.possible is False:
        return "no such request exists"
    return "no resource of this action is known"


def _implicit_deny(outcome: Outcome, layers: Sequence[LayerOutlook]) -> str:
    """The limits that block come first; those that always do, if there are such."""
    ruled_out = _ruled_out(outcome.decision)
    if ruled_out:
        return f"Denied, because {ruled_out}"
    blocking = [each for each in layers if each.always_blocks] or [
        each for each in layers if each.blocks
    ]
    unreadable = _unreadable(outcome.decision, blocking)
    if unreadable:
        return f"Denied, because a document can't be evaluated ({unreadable})"
    limits = [each for each in blocking if each.layer not in _GRANTING]
    lacking = _lacking_grant(outcome, layers, blocking)
    if not limits:
        return f"Denied, because {lacking or 'nothing allows it'}"
    named = " and ".join(_blocker(each) for each in limits)
    return f"Denied by {named}" + (f"; also {lacking}" if lacking else "")


def _unreadable(decision: Decision, blocking: Sequence[LayerOutlook]) -> str:
    """The documents with errors, where nothing else keeps the request from being allowed."""
    if any(each.state is not LayerState.UNREADABLE for each in blocking):
        return ""
    if not {each.layer for each in blocking}.issuperset(decision.blocked_by):
        return ""
    return _documents([one for each in blocking for one in each.policies if one.compiled is None])


def _lacking_grant(
    outcome: Outcome, layers: Sequence[LayerOutlook], blocking: Sequence[LayerOutlook]
) -> str:
    """Which grant is missing, "" if none; those that only a condition keeps back don't count."""
    conditional = {each.layer for each in layers if each not in blocking}
    silent = [each for each in outcome.decision.blocked_by if each in _GRANTING]
    silent = [each for each in silent if each not in conditional]
    if silent == [Layer.RESOURCE]:
        if any(each.layer is Layer.RESOURCE for each in layers):
            return "the resource policy does not allow it"
        return "no resource policy is given that allows it"
    return "nothing allows it" if silent else ""


def _blocker(each: LayerOutlook) -> str:
    """A layer with its documents, as it can follow "denied by"."""
    names = [policy.name for policy in each.policies]
    one = _ONE[each.layer]
    if len(names) == 1:
        return f"the {names[0]}" if names[0].startswith(one) else f"the {one} {names[0]}"
    level = f" of level {each.level}" if each.levels > 1 else ""
    if not names:
        return f"the {LAYER_NAMES[each.layer]}{level}, of which there is none"
    return f"the {LAYER_NAMES[each.layer]}{level} ({_documents(each.policies)})"


def layer_title(each: LayerOutlook) -> str:
    """What a layer is called, with its level where there are several."""
    name = LAYER_NAMES[each.layer]
    return f"{name}, level {each.level} of {each.levels}" if each.levels > 1 else name


def layer_in_words(each: LayerOutlook, request: Request) -> Words:
    """What a layer says to the request, as a sentence without a full stop."""
    names = _documents(each.policies)
    if not each.policies:
        return say(f"no {_ONE[each.layer]} is given, so nothing here allows it")
    if each.state is LayerState.NOT_BINDING:
        whom = "resource" if each.layer is Layer.RESOURCE_CONTROL else "caller"
        return say(f"{names}: not applied to this {whom}")
    if each.state is LayerState.UNDECIDED:
        return say(f"{names}: finding out what it decides by itself takes too long")
    if each.state is LayerState.UNREADABLE:
        unreadable = _documents([one for one in each.policies if one.compiled is None])
        return say(f"{unreadable}: can't be evaluated, so nothing here counts as allowed")
    if each.state is LayerState.DENIES:
        return say(f"{_always(each, 'Deny')} denies it")
    if each.state is LayerState.ALLOWS:
        if each.layer is Layer.RESOURCE_CONTROL:
            return say(f"{names}: no statement denies it")
        return say(f"{_always(each, 'Allow')} allows it")
    if each.state is LayerState.SILENT:
        return say(f"{names}: {_silence(each, request)}")
    return _dependence(each)


def _documents(policies: Sequence[AppliedPolicy]) -> str:
    return "; ".join(each.name for each in policies)


def _always(each: LayerOutlook, effect: str) -> str:
    """The statements that match whatever is given, each alone or, where none does, together."""
    able = each.statements(effect)
    return _statement([one for one in able if one.matches is True] or able)


def _statement(matching: Sequence[OpenStatement]) -> str:
    first = matching[0]
    more = f" (and {len(matching) - 1:,} more)" if len(matching) > 1 else ""
    return statement_name(first.policy.name, first.statement) + more


def _silence(each: LayerOutlook, request: Request) -> str:
    if each.about:
        return f"no statement about {request.action} matches this request"
    return f"no statement covers {request.action}"


def _dependence(each: LayerOutlook) -> Words:
    parts: list[Words] = []
    if each.denies is not False:
        name = _statement(each.statements("Deny"))
        parts.append(join_words(f"{name} denies it when ", truth_in_words(each.denies)))
    if not isinstance(each.allows, bool):
        name = _statement(each.statements("Allow"))
        parts.append(join_words(f"{name} allows it only when ", truth_in_words(each.allows)))
    elif each.allows:
        parts.append(say("otherwise it is allowed here"))
    else:
        parts.append(say("nothing here allows it"))
    return list_words(parts, "; ", between="; ")


def prospects(outcome: Outcome) -> Iterator[Words]:
    """When the answer would be another one, a sentence a line, without full stops."""
    depends_on = outcome.depends_on
    if depends_on is None:
        yield say("Finding out whether the keys that are left open change it takes too long")
    elif outcome.can_change:
        yield join_words("Allowed when ", truth_in_words(depends_on.allowed))
        if depends_on.denied is not False:
            yield _when_denied(depends_on.denied)
    elif outcome.kind_can_change:
        yield join_words(
            "Never allowed; only the kind of deny varies: explicit when ",
            truth_in_words(depends_on.denied),
            ", otherwise implicit",
        )
    if depends_on is not None and not outcome.is_proven:
        yield say("Whether any values meet this was not decided: it would take too long")


def _when_denied(denied: Truth) -> Words:
    return join_words("Denied explicitly when ", truth_in_words(denied))


_KINDS = {"allowed": "allowed", "explicitDeny": "explicit deny", "implicitDeny": "implicit deny"}


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"


def outcome_in_words(
    outcome: Outcome, layers: Sequence[LayerOutlook], request: Request
) -> Iterator[str]:
    """The answer as lines: the headline, what decided, what blocked, what can change."""
    decision = outcome.decision
    yield f"{plain(headline(outcome, layers))}: {request.action} on {request.resource}"
    if outcome.differs_as_asked:
        yield f"  without further context keys: {_KINDS[decision.name]}"
    for each in decision.decided_by:
        name = statement_name(each.policy, each.statement)
        kind = _with_article(_ONE[each.layer])
        yield f"  decided by {name}: {_with_article(each.statement.effect)} in {kind}"
    for layer in layers:
        if layer.blocks and decision.name == "implicitDeny":
            said = plain(layer_in_words(layer, request))
            yield f"  blocked by {layer_title(layer)}: {said}"
    for words in prospects(outcome):
        yield f"  {plain(words)}"
    for problem in decision.problems:
        yield f"  {problem.policy}: {problem.problem.severity}: {problem.problem.message}"
    if not decision.complete:
        yield "  not everything could be evaluated, so this does not prove what is allowed"
