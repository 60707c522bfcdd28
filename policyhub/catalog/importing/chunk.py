"""Some policies of a run, written together."""

from __future__ import annotations

from policyhub.catalog.deriving import indexing
from policyhub.catalog.deriving.observed_changes import write_observed_changes
from policyhub.catalog.deriving.worked_out import NOTHING, WorkedOut
from policyhub.catalog.importing.checking import CheckedVersion
from policyhub.catalog.importing.namesakes import Namesakes, called
from policyhub.catalog.importing.precedence import (
    FACTS,
    age,
    facts_of,
    has_closer_bounds,
    is_another_document,
    is_as_fresh,
    is_same,
    is_the_time_of,
    is_unknown,
    leads,
)
from policyhub.catalog.importing.report import Conflict, ImportOutcome, ImportReport
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.signals import policies_changed
from policyhub.catalog.sources.items import (
    Rejection,
    SourcePolicy,
)

CHUNK = 500
# What a later source may add to a version that is here.
LEARNT = ["is_default", "version_id", "created_at", "not_before", "not_after"]

Checked = tuple[SourcePolicy, list[CheckedVersion]]


class Chunk:
    """Some policies of a run, brought in with a constant number of queries."""

    def __init__(
        self, sources: list[Checked], report: ImportReport, known: WorkedOut = NOTHING
    ) -> None:
        self.sources, self.report, self.known = sources, report, known
        names = {source.name for source, _ in sources}
        self.policies = {each.pk: each for each in Policy.objects.filter(name__in=names)}
        self.namesakes = Namesakes(self.policies.values(), (source for source, _ in sources))
        self.new_policies: list[Policy] = []
        # By the object, which may have no key of the database yet.
        self.versions: dict[int, list[PolicyVersion]] = {
            id(each): [] for each in self.policies.values()
        }
        stored = PolicyVersion.objects.filter(policy__name__in=names).defer("document")
        for version in stored.order_by("pk"):
            version.policy = self.policies[version.policy_id]
            self.versions[id(version.policy)].append(version)
        self.changed_policies: dict[int, Policy] = {}
        self.changed_versions: dict[int, PolicyVersion] = {}
        self.reindexed: set[int] = set()

    def bring_in(self) -> None:
        """Decide for each policy what is new, then write."""
        self.decide()
        self._write()

    def decide(self) -> None:
        """Decide for each policy what is new."""
        for source, versions in self.sources:
            self._bring_in(source, versions)

    @property
    def is_of_the_catalogue(self) -> bool:
        """Whether what is in force is not what it was: a compiled catalogue has to see that."""
        return bool(self.reindexed) or any(each.last_seen_on is None for each in self.new_policies)

    def _bring_in(self, source: SourcePolicy, versions: list[CheckedVersion]) -> None:
        """Take in one policy, or note why nothing of it is."""
        policy = self.namesakes.find(source, self._having(source, versions))
        fault = policy if isinstance(policy, Conflict) else self._fault(policy, source, versions)
        if isinstance(policy, Conflict) or fault is not None:
            self.report.rejected += [fault] if fault else []
            return
        known = self.versions[id(policy)] if policy else []
        versions = [each for each in versions if not self._contradicts(source, each, known)]
        if not versions:
            return
        outcome = ImportOutcome.UNCHANGED if policy else ImportOutcome.CREATED
        policy = policy or self._make(source, known)
        is_leading = leads(policy, source, versions, known)
        changes = [
            self._take_facts(policy, source, is_leading),
            self._take_last_seen(policy, source),
        ]
        taken = []
        for checked in versions:
            version, is_news = self._take_version(policy, source, checked, known)
            taken.append((version, checked))
            changes.append(is_news)
        changes.append(self._settle_default(taken, known, is_leading))
        if any(changes):
            outcome = max(outcome, ImportOutcome.UPDATED)
        self.report.note(called(policy), outcome)

    def _having(self, source: SourcePolicy, versions: list[CheckedVersion]) -> list[Policy]:
        """The policies of the source's name of which a document is the source's own."""
        digests = {each.digest for each in versions}
        named = (each for each in self.policies.values() if each.name == source.name)
        return [each for each in named if digests & {one.digest for one in self.versions[id(each)]}]

    def _make(self, source: SourcePolicy, versions: list[PolicyVersion]) -> Policy:
        policy = Policy(name=source.name, attachable=True, kind=Policy.Kind.CUSTOMER_MANAGED)
        self.new_policies.append(policy)
        self.namesakes.add(policy)
        self.versions[id(policy)] = versions
        return policy

    def _fault(
        self, policy: Policy | None, source: SourcePolicy, versions: list[CheckedVersion]
    ) -> Rejection | None:
        """Why a new policy can't be added, if it can't."""
        default = next((each for each in source.versions if each.is_default), None)
        if policy or default is None or any(each.given is default for each in versions):
            return None
        return Rejection(
            source.place,
            f"{source.name} is left out: its default version is rejected, and another "
            "version would be taken for it",
        )

    def _contradicts(
        self, source: SourcePolicy, checked: CheckedVersion, known: list[PolicyVersion]
    ) -> bool:
        """Reject another document for a version that is known, made at the same time.

        A policy that was deleted and made again repeats its version ids at a later time.
        """
        given = checked.given
        other = next((each for each in known if is_another_document(each, checked)), None)
        if other is None:
            return False
        reason = (
            f"{source.name} {given.version_id} is already here with another document, from "
            f"{other.get_source_display()} {other.data_day}: a version never changes, so one of "
            "them is wrong"
        )
        self.report.rejected.append(Conflict(place_of_version(source, given.version_id), reason))
        return True

    def _take_facts(self, policy: Policy, source: SourcePolicy, is_leading: bool) -> bool:
        """Set what AWS owns, or only what was not known; say whether a fact changed."""
        facts = facts_of(source)
        if not is_leading:
            facts = {name: fact for name, fact in facts.items() if is_unknown(policy, name)}
        changed = {name: fact for name, fact in facts.items() if getattr(policy, name) != fact}
        for name, fact in changed.items():
            setattr(policy, name, fact)
        is_fresher = (
            is_leading
            and source.retrieved_on is not None
            and policy.facts_retrieved_on != source.retrieved_on
        )
        if is_fresher:
            policy.facts_retrieved_on = source.retrieved_on
        if policy.pk and (changed or is_fresher):
            self.changed_policies[policy.pk] = policy
        return bool(changed)

    def _take_last_seen(self, policy: Policy, source: SourcePolicy) -> bool:
        """Note that a policy is gone, or that it is there again; say whether that is news."""
        if not is_as_fresh(source, policy) or source.retrieved_on is None:
            return False
        last_seen = source.retrieved_on if source.is_gone else None
        if policy.last_seen_on == last_seen:
            return False
        policy.last_seen_on = last_seen
        if source.is_gone and policy.facts_retrieved_on is None:
            policy.facts_retrieved_on = source.retrieved_on
        if policy.pk:
            self.changed_policies[policy.pk] = policy
            self.reindexed.add(policy.pk)
        return True

    def _take_version(
        self,
        policy: Policy,
        source: SourcePolicy,
        checked: CheckedVersion,
        known: list[PolicyVersion],
    ) -> tuple[PolicyVersion, bool]:
        """Find the version or add it; say whether anything about it is new."""
        version = next((each for each in known if is_same(each, checked)), None)
        if version is not None:
            return version, self._learn(version, checked)
        version = PolicyVersion(
            policy=policy,
            version_id=checked.given.version_id,
            created_at=checked.given.created_at,
            not_before=checked.given.not_before,
            not_after=checked.given.not_after,
            document=checked.text,
            digest=checked.digest,
            source=source.source,
            retrieved_on=source.retrieved_on,
        )
        known.append(version)
        return version, True

    def _learn(self, version: PolicyVersion, checked: CheckedVersion) -> bool:
        """Add a number or a time that an earlier source did not give."""
        given, known = checked.given, version.created_at
        tells_number = bool(given.version_id and not version.version_id)
        tells_time = given.created_at is not None and (
            known is None or is_the_time_of(known, given.created_at)
        )
        if tells_number:
            version.version_id = given.version_id
        if tells_time:
            version.created_at, version.not_before, version.not_after = given.created_at, None, None
        tells_bounds = version.created_at is None and has_closer_bounds(version, given)
        if tells_bounds:
            version.not_before, version.not_after = given.not_before, given.not_after
        is_news = tells_number or tells_time or tells_bounds
        if is_news:
            self._note_change(version)
        return is_news

    def _settle_default(
        self,
        taken: list[tuple[PolicyVersion, CheckedVersion]],
        known: list[PolicyVersion],
        is_leading: bool,
    ) -> bool:
        """Let exactly one version be the default; say whether it is another one now."""
        current = next((each for each in known if each.is_default), None)
        chosen = next((version for version, checked in taken if checked.given.is_default), None)
        if current is None:
            chosen = chosen or max((version for version, _ in taken), key=age)
        elif not is_leading or chosen is None or chosen is current:
            return False
        else:
            current.is_default = False
            self._note_change(current)
        chosen.is_default = True
        self._note_change(chosen)
        # Rows are those of the default version: the old one's go, the new one's come.
        if policy_key := chosen.policy.pk:
            self.reindexed.add(policy_key)
        return True

    def _note_change(self, version: PolicyVersion) -> None:
        if version.pk:
            self.changed_versions[version.pk] = version

    def _write(self) -> None:
        """Write what was decided; derived rows follow in the same transaction."""
        Policy.objects.bulk_create(self.new_policies)
        Policy.objects.bulk_update(self.changed_policies.values(), FACTS, batch_size=CHUNK)
        # The old default steps down first: at no moment may a policy have two.
        for is_default in (False, True):
            versions = [
                each for each in self.changed_versions.values() if each.is_default is is_default
            ]
            PolicyVersion.objects.bulk_update(versions, LEARNT, batch_size=CHUNK)
        derived = self.to_be_derived()
        added = [each for each in derived if not each.pk]
        for version in added:
            # Set again now that it has a key, which the version takes from it.
            version.policy = version.policy
        PolicyVersion.objects.bulk_create(added)
        self._derive(derived)
        touched = {each.policy_id for each in (*added, *self.changed_versions.values())}
        policies_changed.send(Chunk, policies=touched | self.changed_policies.keys())

    def to_be_derived(self) -> list[PolicyVersion]:
        """The versions of which something is to be written: new ones, then others in force."""
        versions = [each for known in self.versions.values() for each in known]
        changed = (each for each in versions if each.pk and each.policy_id in self.reindexed)
        return [
            *(each for each in versions if not each.pk),
            *(each for each in changed if each.is_default or each.pk in self.changed_versions),
        ]

    def _derive(self, indexed: list[PolicyVersion]) -> None:
        """Write what follows from new documents, and from another default version or date."""
        if indexed:
            indexing.index_versions(indexed, known=self.known)
        # Another default version, though an old one, may be of other services; another date
        # may be in another place.
        touched = {each.policy_id for each in self.changed_versions.values()}
        indexing.index_policies(touched)
        write_observed_changes(touched, self.known)


def place_of_version(policy: SourcePolicy, version_id: str) -> str:
    """Where a version is: its policy's place, and its number if it has one."""
    return f"{policy.place} {version_id}".rstrip()
