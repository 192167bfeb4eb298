package org.securemed.fhir.consent;

import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.CareTeam;
import org.hl7.fhir.r4.model.Group;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.Memberships;
import org.securemed.fhir.owner.Memberships.Member;
import org.securemed.fhir.smart.Requester;

/**
 * What requesters belong to, for Consents that name a CareTeam, a Group or a PractitionerRole. Only the custodian's
 * systems and administrators make somebody a member: whoever else may write a CareTeam could let themselves in by it.
 * Whoever may write it may take members out.
 */
final class GroupMembers {
    private final Memberships memberships;

    GroupMembers(Memberships memberships) {
        this.memberships = memberships;
    }

    /** Whether a Consent names by this reference something that has members. */
    static boolean isGroup(String reference) {
        return reference.startsWith("CareTeam/")
                || reference.startsWith("Group/")
                || reference.startsWith("PractitionerRole/");
    }

    /** What the requester stands for: their roles, and the groups of which they or their roles are members. */
    Set<String> of(Requester requester, Instant at) {
        Set<String> self = new HashSet<>(requester.organizations());
        requester.user().ifPresent(self::add);
        Set<String> direct = memberships.of(self, at);
        if (direct.isEmpty()) {
            return direct;
        }
        Set<String> all = new HashSet<>(direct);
        all.addAll(memberships.of(direct, at));
        return all;
    }

    /** Takes over the members of a stored resource, in the caller's transaction. */
    void stored(IBaseResource resource, RequestDetails request) {
        Optional<List<Member>> members = members(resource);
        if (members.isEmpty()) {
            return;
        }
        String group = resource.fhirType() + "/" + resource.getIdElement().getIdPart();
        boolean trusted = Exchange.of(request)
                .map(Exchange::requester)
                .map(requester -> requester.isCustodiansSystem() || requester.administers())
                .orElse(true);
        if (trusted) {
            memberships.stored(group, members.get());
        } else {
            memberships.remain(group, members.get());
        }
    }

    /** Forgets the members of a deleted resource, in the caller's transaction. */
    void deleted(IBaseResource resource) {
        if (members(resource).isPresent()) {
            memberships.stored(
                    resource.fhirType() + "/" + resource.getIdElement().getIdPart(), List.of());
        }
    }

    private static Optional<List<Member>> members(IBaseResource resource) {
        List<Member> members = new ArrayList<>();
        if (resource instanceof Group group) {
            if (!group.hasActive() || group.getActive()) {
                group.getMember().stream()
                        .filter(member -> !member.getInactive())
                        .forEach(member -> add(members, member.getEntity(), member.getPeriod(), null));
            }
        } else if (resource instanceof CareTeam team) {
            if (team.getStatus() == CareTeam.CareTeamStatus.ACTIVE) {
                team.getParticipant()
                        .forEach(member -> add(members, member.getMember(), member.getPeriod(), team.getPeriod()));
            }
        } else if (resource instanceof PractitionerRole role) {
            if (!role.hasActive() || role.getActive()) {
                add(members, role.getPractitioner(), role.getPeriod(), null);
            }
        } else {
            return Optional.empty();
        }
        return Optional.of(members);
    }

    private static void add(Collection<Member> members, Reference reference, Period period, @Nullable Period whole) {
        IIdType id = reference.getReferenceElement();
        if (id.hasResourceType() && id.hasIdPart() && !id.hasBaseUrl()) {
            Instant from = start(period);
            Instant until = end(period);
            if (whole != null) {
                from = max(from, start(whole));
                until = min(until, end(whole));
            }
            members.add(new Member(id.getResourceType() + "/" + id.getIdPart(), from, until));
        }
    }

    private static @Nullable Instant start(Period period) {
        return period.getStart() == null ? null : period.getStart().toInstant();
    }

    /** The last day, month or year belongs to a period. */
    private static @Nullable Instant end(Period period) {
        if (period.getEnd() == null) {
            return null;
        }
        TemporalPrecisionEnum precision = period.getEndElement().getPrecision();
        boolean dated = precision.compareTo(TemporalPrecisionEnum.DAY) <= 0;
        return (dated ? precision.add(period.getEnd(), 1) : period.getEnd()).toInstant();
    }

    private static @Nullable Instant max(@Nullable Instant one, @Nullable Instant other) {
        return one == null ? other : other == null || one.isAfter(other) ? one : other;
    }

    private static @Nullable Instant min(@Nullable Instant one, @Nullable Instant other) {
        return one == null ? other : other == null || one.isBefore(other) ? one : other;
    }
}
