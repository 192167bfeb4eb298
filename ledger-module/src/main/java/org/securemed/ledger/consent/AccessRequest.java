package org.securemed.ledger.consent;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Who asks, in what capacity, for what purpose, and when. Whoever builds it has authenticated all of it.
 *
 * @param user relative literal reference of the person or device, such as {@code Practitioner/17}
 * @param roles roles held in this request, as in {@code PractitionerRole.code} or the token's subject_role
 * @param organizations {@code Organization/…} references the user acts for
 * @param groups {@code CareTeam/…}, {@code Group/…} and {@code PractitionerRole/…} references the user stands for
 * @param clientId OAuth client id of the app; a Consent names it as {@code Device/<clientId>}; empty if there is none
 * @param purposes declared purposes of use, at least one; each of them must be permitted
 * @param action what is done with the data
 * @param at when
 */
public record AccessRequest(
        String user,
        Set<Coding> roles,
        Set<String> organizations,
        Set<String> groups,
        String clientId,
        List<Coding> purposes,
        Action action,
        Instant at) {

    public AccessRequest {
        Texts.reference(user);
        roles = Set.copyOf(roles);
        organizations = Set.copyOf(organizations);
        groups = Set.copyOf(groups);
        Texts.system(clientId);
        purposes = Texts.sorted(purposes);
        if (purposes.isEmpty()) {
            throw new IllegalArgumentException("a request declares at least one purpose of use");
        }
    }

    /** A request by {@code user} for one purpose, without roles, organizations, groups or app, to access data. */
    public static AccessRequest by(String user, Coding purpose, Instant at) {
        return new AccessRequest(user, Set.of(), Set.of(), Set.of(), "", List.of(purpose), Action.ACCESS, at);
    }

    /** This request, acting for {@code organization} as well. */
    public AccessRequest forOrganization(String organization) {
        return new AccessRequest(
                user, roles, with(organizations, organization), groups, clientId, purposes, action, at);
    }

    /** This request, as a member of {@code group} as well. */
    public AccessRequest inGroup(String group) {
        return new AccessRequest(user, roles, organizations, with(groups, group), clientId, purposes, action, at);
    }

    /** This request, holding {@code role} as well. */
    public AccessRequest inRole(Coding role) {
        return new AccessRequest(user, with(roles, role), organizations, groups, clientId, purposes, action, at);
    }

    /** This request, through the app {@code client}. */
    public AccessRequest through(String client) {
        return new AccessRequest(user, roles, organizations, groups, client, purposes, action, at);
    }

    /** This request at another time. */
    public AccessRequest at(Instant instant) {
        return new AccessRequest(user, roles, organizations, groups, clientId, purposes, action, instant);
    }

    /** This request for another action. */
    public AccessRequest to(Action other) {
        return new AccessRequest(user, roles, organizations, groups, clientId, purposes, other, at);
    }

    /**
     * The keys under which {@link ConsentContract#grantees} may list this requester: the user, organizations, groups,
     * app and roles, and {@link ConsentContract#ANYBODY}.
     */
    public Set<String> keys() {
        Set<String> keys = new HashSet<>(organizations);
        keys.addAll(groups);
        keys.add(user);
        if (!clientId.isEmpty()) {
            keys.add("Device/" + clientId);
        }
        for (Coding role : roles) {
            keys.add(roleKey(role));
        }
        keys.add(ConsentContract.ANYBODY);
        return Set.copyOf(keys);
    }

    static String roleKey(Coding role) {
        return "role:" + role;
    }

    boolean isPatient() {
        return user.startsWith("Patient/");
    }

    boolean standsFor(String reference) {
        return user.equals(reference)
                || organizations.contains(reference)
                || groups.contains(reference)
                || isClient(reference);
    }

    boolean holdsOneOf(List<Coding> wanted) {
        for (int i = 0; i < wanted.size(); i++) {
            if (roles.contains(wanted.get(i))) {
                return true;
            }
        }
        return false;
    }

    private boolean isClient(String reference) {
        return !clientId.isEmpty()
                && reference.length() == "Device/".length() + clientId.length()
                && reference.startsWith("Device/")
                && reference.endsWith(clientId);
    }

    private static <T> Set<T> with(Set<T> values, T value) {
        Set<T> more = new HashSet<>(values);
        more.add(value);
        return more;
    }
}
