package org.securemed.ledger.consent;

/**
 * What holds where no Consent applies: the four policies of IHE PCF 1:53.2.1, exactly one of which is in force.
 *
 * <p>Where a policy permits, it permits normal data only (label {@code N} in the sense of {@link SecurityLabels}).
 */
public enum ImplicitPolicy {
    /** Deny all, break-glass included. */
    DENY("https://profiles.ihe.net/ITI/PCF/Policy-deny", false),
    /** Permit clinicians normal data for treatment, nothing else; break-glass may be declared. */
    BASIC_NORMAL("https://profiles.ihe.net/ITI/PCF/Policy-basic-normal", true),
    /**
     * Permit all authorized uses of normal data; break-glass may be declared. Research and marketing are not authorized
     * by it, nor is anybody as another patient or as somebody's relative: that takes a Consent.
     */
    ALL_NORMAL("https://profiles.ihe.net/ITI/PCF/Policy-all-normal", true),
    /** Deny all, except that break-glass may be declared. */
    BREAK_GLASS_ONLY("https://profiles.ihe.net/ITI/PCF/Policy-break-glass-only", true);

    private final String uri;
    private final boolean breakGlass;

    ImplicitPolicy(String uri, boolean breakGlass) {
        this.uri = uri;
        this.breakGlass = breakGlass;
    }

    /** The URI by which a Consent or a token names the policy. */
    public String uri() {
        return uri;
    }

    /** Whether somebody who may declare break-glass gets access by it. */
    public boolean allowsBreakGlass() {
        return breakGlass;
    }

    /** Whether normal data of patients whose Consents say nothing of it may be accessed by this request. */
    public boolean permitsNormalData(AccessRequest request) {
        return request.purposes().stream().allMatch(purpose -> permitsNormalData(request, purpose));
    }

    /** Whether normal data may be accessed for {@code purpose}; restricted data never by an implicit policy. */
    boolean permitsNormalData(AccessRequest request, Coding purpose) {
        return switch (this) {
            case DENY, BREAK_GLASS_ONLY -> false;
            case ALL_NORMAL -> !isSomebodysOwn(request.user()) && isAuthorized(purpose);
            case BASIC_NORMAL -> isClinician(request.user()) && Purposes.covers(Purposes.TREAT, purpose);
        };
    }

    private static boolean isSomebodysOwn(String user) {
        return user.startsWith("Patient/") || user.startsWith("RelatedPerson/");
    }

    private static boolean isAuthorized(Coding purpose) {
        return !purpose.equals(Purposes.UNDECLARED)
                && !Purposes.covers(Purposes.HRESCH, purpose)
                && !Purposes.covers(Purposes.HMARKT, purpose)
                && !Purposes.covers(Purposes.PATRQT, purpose);
    }

    private static boolean isClinician(String user) {
        return user.startsWith("Practitioner/") || user.startsWith("PractitionerRole/");
    }
}
