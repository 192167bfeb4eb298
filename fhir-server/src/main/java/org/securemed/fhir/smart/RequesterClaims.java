package org.securemed.fhir.smart;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.security.oauth2.jwt.Jwt;

/**
 * Reads a {@link Requester} from the claims of a verified token. IHE IUA's claims stand in {@code extensions.ihe_iua}
 * or flat. What is present and malformed is refused; codes of systems that mean nothing here grant nothing.
 */
final class RequesterClaims {
    private static final int LONGEST = 256;
    private static final int MOST = 50;
    private static final Pattern REFERENCE = Pattern.compile(
            "(Practitioner|PractitionerRole|Patient|RelatedPerson|Person|Device)/[A-Za-z0-9\\-.]{1,64}");
    private static final Pattern ORGANIZATION =
            Pattern.compile("Organization/[A-Za-z0-9\\-.]{1,64}|urn:(oid|uuid):[0-9A-Za-z.\\-]{1,120}");
    private static final Pattern STUDY = Pattern.compile("ResearchStudy/[A-Za-z0-9\\-.]{1,64}");
    private static final Pattern CONSENT = Pattern.compile("Consent/[A-Za-z0-9\\-.]{1,64}");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");
    private static final Pattern PURPOSE = Pattern.compile("[A-Z][A-Z0-9-]{1,31}");

    private final String fhirBase;

    RequesterClaims(String fhirBase) {
        this.fhirBase = fhirBase;
    }

    /**
     * The requester that the token speaks for.
     *
     * @throws Problem 401 {@code token-claims} if a claim is missing or malformed, 403 {@code role-missing} if no role
     *     of this server is claimed
     */
    Requester read(Jwt token) {
        String subject = required(token.getSubject());
        String clientId = required(token.getClaim(Claims.CLIENT_ID));
        Set<Role> roles = roles(claim(token, Claims.SUBJECT_ROLE));
        if (roles.isEmpty()) {
            throw Problem.forbidden("role-missing", "The access token names no role that this server knows.");
        }
        String name = optional(claim(token, Claims.SUBJECT_NAME), null);
        Instant expiresAt = token.getExpiresAt();
        if (expiresAt == null || token.getIssuer() == null) {
            throw malformed();
        }
        return new Requester(
                token.getClaimAsString("iss"),
                subject,
                clientId,
                required(token.getId()),
                optional(relative(optional(token.getClaim(Claims.FHIR_USER), null)), REFERENCE),
                name == null ? subject : name,
                roles,
                organizations(claim(token, Claims.SUBJECT_ORGANIZATION_ID)),
                optional(claim(token, Claims.SUBJECT_ORGANIZATION), null),
                purposes(claim(token, Claims.PURPOSE_OF_USE)),
                scopes(token.getClaim(Claims.SCOPE)),
                optional(token.getClaim(Claims.PATIENT), ID),
                optional(token.getClaim(Claims.ENCOUNTER), ID),
                consent(token),
                instant(token.getClaim(Claims.AUTH_TIME)),
                optional(token.getClaim(Claims.ACR), null),
                device(token),
                study(token),
                // Consents bind our own tokens as they are when they are used.
                null,
                expiresAt);
    }

    private static @Nullable Object claim(Jwt token, String name) {
        if (token.getClaim(Claims.EXTENSIONS) instanceof Map<?, ?> extensions
                && extensions.get(Claims.IHE_IUA) instanceof Map<?, ?> iua
                && iua.containsKey(name)) {
            return iua.get(name);
        }
        return token.getClaim(name);
    }

    /**
     * The requester of another server's token: who they are here is said by their account, what the app may do by the
     * token.
     *
     * @param otherwise names a token that has no {@code jti}
     * @throws Problem 401 {@code token-claims} if a claim is missing or malformed, or restricts in a way that can't be
     *     enforced
     */
    Requester of(Jwt token, Account account, String otherwise) {
        Object client = token.hasClaim(Claims.CLIENT_ID) ? token.getClaim(Claims.CLIENT_ID) : token.getClaim("azp");
        Object scopes = token.hasClaim(Claims.SCOPE) ? token.getClaim(Claims.SCOPE) : token.getClaim("scp");
        String id = optional(token.getId(), null);
        Instant expiresAt = token.getExpiresAt();
        // Nobody of another server is a machine here, which is known by being its own app, or acts at our own pages.
        if (expiresAt == null || account.username().equals(client) || Requester.OWN_PAGES.equals(client)) {
            throw malformed();
        }
        return new Requester(
                token.getClaimAsString("iss"),
                account.username(),
                required(client),
                id == null ? otherwise : id,
                account.fhirUser(),
                account.displayName(),
                account.roles(),
                account.organization() == null ? Set.of() : Set.of(account.organization()),
                account.organizationName(),
                account.purposesOfUse(),
                scopes(scopes),
                optional(token.getClaim(Claims.PATIENT), ID),
                optional(token.getClaim(Claims.ENCOUNTER), ID),
                null,
                instant(token.getClaim(Claims.AUTH_TIME)),
                optional(token.getClaim(Claims.ACR), null),
                // Another server's cards and studies are not known here.
                null,
                null,
                privacy(token),
                expiresAt);
    }

    /** What another server says of privacy consents, which may be less than its scopes say. */
    private @Nullable PrivacyGrant privacy(Jwt token) {
        Object extensions = token.getClaim(Claims.EXTENSIONS);
        if (extensions == null && !token.hasClaim(Claims.IHE_PCF)) {
            return null;
        }
        // Said in another place or form, it would be passed over.
        if (!(extensions instanceof Map<?, ?> known) || token.hasClaim(Claims.IHE_PCF)) {
            throw malformed();
        }
        Object claim = known.get(Claims.IHE_PCF);
        if (claim == null && !known.containsKey(Claims.IHE_PCF)) {
            return null;
        }
        if (!(claim instanceof Map<?, ?> pcf)) {
            throw malformed();
        }
        try {
            return PrivacyClaim.read(pcf, fhirBase);
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
    }

    /** IHE PCF names the Consents that a token rests on; ours rest on one. */
    private @Nullable String consent(Jwt token) {
        if (token.getClaim(Claims.EXTENSIONS) instanceof Map<?, ?> extensions
                && extensions.get(Claims.IHE_PCF) instanceof Map<?, ?> pcf) {
            List<?> documents = list(pcf.get(Claims.DOC_ID));
            if (documents.size() != 1) {
                throw malformed();
            }
            String reference = relative(required(documents.get(0)));
            if (reference == null || !CONSENT.matcher(reference).matches()) {
                throw malformed();
            }
            return reference.substring("Consent/".length());
        }
        return null;
    }

    private static @Nullable String device(Jwt token) {
        return token.getClaim(Claims.EXTENSIONS) instanceof Map<?, ?> extensions
                        && extensions.get(Claims.SECUREMED) instanceof Map<?, ?> own
                ? optional(own.get(Claims.DEVICE), REFERENCE)
                : null;
    }

    private static @Nullable String study(Jwt token) {
        return token.getClaim(Claims.EXTENSIONS) instanceof Map<?, ?> extensions
                        && extensions.get(Claims.SECUREMED) instanceof Map<?, ?> own
                ? optional(own.get(Claims.STUDY), STUDY)
                : null;
    }

    private static Set<Role> roles(@Nullable Object claim) {
        return codings(claim).stream()
                .flatMap(coding -> Role.of(coding.system(), coding.code()).stream())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Role.class)));
    }

    private static Set<String> purposes(@Nullable Object claim) {
        Set<String> purposes = new LinkedHashSet<>();
        for (Code coding : codings(claim)) {
            if (coding.system().isEmpty()
                    || coding.system().equals(Claims.ACT_REASON)
                    || coding.system().equals("urn:oid:2.16.840.1.113883.5.8")) {
                if (!PURPOSE.matcher(coding.code()).matches()) {
                    throw malformed();
                }
                purposes.add(coding.code());
            }
        }
        return purposes;
    }

    private record Code(String system, String code) {}

    /** A code is text, a Coding, or a list of these. */
    private static List<Code> codings(@Nullable Object claim) {
        List<Code> codings = new ArrayList<>();
        for (Object one : list(claim)) {
            if (one instanceof Map<?, ?> coding) {
                String system = optional(coding.get("system"), null);
                codings.add(new Code(system == null ? "" : system, required(coding.get("code"))));
            } else {
                codings.add(new Code("", required(one)));
            }
        }
        return codings;
    }

    private Set<String> organizations(@Nullable Object claim) {
        Set<String> organizations = new LinkedHashSet<>();
        for (Object one : list(claim)) {
            String reference = relative(required(one));
            if (reference == null || !ORGANIZATION.matcher(reference).matches()) {
                throw malformed();
            }
            organizations.add(reference);
        }
        return organizations;
    }

    private static ScopeSet scopes(@Nullable Object claim) {
        try {
            if (claim instanceof String text) {
                return ScopeSet.parse(text);
            }
            return ScopeSet.parse(
                    list(claim).stream().map(RequesterClaims::required).toList());
        } catch (ScopeException e) {
            throw malformed();
        }
    }

    private static List<?> list(@Nullable Object claim) {
        if (claim == null) {
            return List.of();
        }
        if (claim instanceof Collection<?> many) {
            if (many.size() > MOST || many.contains(null)) {
                throw malformed();
            }
            return List.copyOf(many);
        }
        return List.of(claim);
    }

    private @Nullable String relative(@Nullable String reference) {
        return reference != null && reference.startsWith(fhirBase + "/")
                ? reference.substring(fhirBase.length() + 1)
                : reference;
    }

    private static String required(@Nullable Object claim) {
        String text = optional(claim, null);
        if (text == null) {
            throw malformed();
        }
        return text;
    }

    private static @Nullable String optional(@Nullable Object claim, @Nullable Pattern pattern) {
        if (claim == null) {
            return null;
        }
        if (!(claim instanceof String text)
                || text.isBlank()
                || text.length() > LONGEST
                || text.chars().anyMatch(Character::isISOControl)
                || (pattern != null && !pattern.matcher(text).matches())) {
            throw malformed();
        }
        return text;
    }

    private static @Nullable Instant instant(@Nullable Object claim) {
        if (claim == null) {
            return null;
        }
        if (claim instanceof Instant instant) {
            return instant;
        }
        if (claim instanceof Number seconds) {
            return Instant.ofEpochSecond(seconds.longValue());
        }
        throw malformed();
    }

    private static Problem malformed() {
        return Problem.unauthorized("token-claims", "The access token lacks a claim or holds a malformed one.");
    }
}
