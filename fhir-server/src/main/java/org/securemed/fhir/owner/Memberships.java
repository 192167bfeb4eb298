package org.securemed.fhir.owner;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Who is a member of what a Consent may name: care teams, groups, and roles at an organization. Written in the
 * transaction that writes these resources. Thread-safe.
 */
public final class Memberships {
    private final JdbcTemplate jdbc;

    /** @param jdbc on the data source of the FHIR store, so that writes join its transactions */
    public Memberships(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A member.
     *
     * @param reference {@code Type/id}
     * @param from from when, inclusive; null for ever since
     * @param until until when, exclusive; null for good
     */
    public record Member(
            String reference,
            @Nullable Instant from,
            @Nullable Instant until) {}

    /** Records all members of a group, in the caller's transaction. */
    public void stored(String group, Collection<Member> members) {
        jdbc.update("delete from securemed.group_member where group_reference = ?", group);
        for (Member member : members) {
            jdbc.update(
                    "insert into securemed.group_member (group_reference, member, from_at, until_at)"
                            + " values (?, ?, ?, ?) on conflict do nothing",
                    group,
                    member.reference(),
                    timestamp(member.from()),
                    timestamp(member.until()));
        }
    }

    /** Records that nobody but these is a member of a group any more, in the caller's transaction; nobody joins. */
    public void remain(String group, Collection<Member> members) {
        jdbc.update(
                "delete from securemed.group_member where group_reference = ? and member <> all(?)",
                group,
                members.stream().map(Member::reference).toArray(String[]::new));
    }

    /** The groups of which any of {@code members} is a member at a time. */
    public Set<String> of(Collection<String> members, Instant at) {
        Timestamp time = Timestamp.from(at);
        List<String> groups = jdbc.queryForList(
                "select distinct group_reference from securemed.group_member where member = any(?)"
                        + " and (from_at is null or from_at <= ?) and (until_at is null or until_at > ?)",
                String.class,
                members.toArray(String[]::new),
                time,
                time);
        return Set.copyOf(groups);
    }

    private static @Nullable Timestamp timestamp(@Nullable Instant instant) {
        return instant == null ? null : Timestamp.from(instant);
    }
}
