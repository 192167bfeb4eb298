package org.securemed.fhir.smart;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an administrator types to register an app or a machine client, and whether it may be so. Public, because forms
 * bind to public classes only.
 *
 * @param name as people will see it
 * @param publisher who answers for it; may be empty
 * @param kind {@link Kind} in lower case
 * @param redirectUris of an app, separated by white space
 * @param scopes the most it may ask for, separated by white space
 * @param jwksUri where its keys are; empty if they are given, or if it has none
 * @param jwks its public keys; empty if they are at an address, or if it has none
 * @param role of a machine client: {@code system} or {@code researcher}
 * @param purposes of a machine client: v3-ActReason codes separated by white space
 * @param verified {@code yes} if the hospital has checked who answers for it
 * @param study the research study that it works for, {@code ResearchStudy/…}; empty if for none
 */
public record ClientForm(
        String name,
        String publisher,
        String kind,
        String redirectUris,
        String scopes,
        String jwksUri,
        String jwks,
        String role,
        String purposes,
        String verified,
        String study) {
    /** How a client proves itself. */
    enum Kind {
        /** An app that can keep no secret. */
        PUBLIC,
        /** An app with a server that keeps a secret. */
        SECRET,
        /** An app with a server that signs. */
        KEY,
        /** A machine that acts for itself, and signs. */
        BACKEND;

        boolean isApp() {
            return this != BACKEND;
        }

        boolean hasKeys() {
            return this == KEY || this == BACKEND;
        }
    }

    private static final int LONGEST_NAME = 100;
    private static final int LONGEST_LIST = 4000;
    private static final int LONGEST_URI = 512;
    private static final int LONGEST_KEYS = 16 * 1024;
    private static final int MOST = 20;
    private static final int LEAST_RSA_BITS = 2048;
    private static final Set<Role> MACHINES = Set.of(Role.SYSTEM, Role.RESEARCHER);

    public ClientForm {
        name = text(name);
        publisher = text(publisher);
        kind = text(kind);
        redirectUris = text(redirectUris);
        scopes = text(scopes);
        jwksUri = text(jwksUri);
        jwks = text(jwks);
        role = text(role);
        purposes = text(purposes);
        verified = text(verified);
        study = text(study);
    }

    /** A form in which nothing was typed. */
    static ClientForm empty() {
        return new ClientForm(
                "", "", "public", "", "openid fhirUser launch/patient patient/*.rs", "", "", "", "", "", "");
    }

    private static String text(@org.jspecify.annotations.Nullable String typed) {
        return typed == null ? "" : typed.strip();
    }

    boolean isVerified() {
        return verified.equals("yes");
    }

    Optional<Kind> kindOf() {
        return Arrays.stream(Kind.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(kind))
                .findFirst();
    }

    List<String> redirects() {
        return words(redirectUris);
    }

    Set<String> purposesOfUse() {
        return Set.copyOf(words(purposes));
    }

    Optional<Role> roleOf() {
        return Role.of("", role).filter(MACHINES::contains);
    }

    /** The scopes as they are stored. */
    List<String> scopeTexts() {
        try {
            return List.copyOf(ScopeSet.parse(words(scopes)).texts());
        } catch (ScopeException e) {
            throw new IllegalStateException("judged before", e);
        }
    }

    /**
     * What is wrong with it, each in a sentence; empty if it may be registered.
     *
     * @param production whether only https will do
     */
    List<String> faults(boolean production) {
        List<String> faults = new ArrayList<>();
        if (!isPlain(name) || name.isEmpty()) {
            faults.add("Give it a name of at most " + LONGEST_NAME + " characters.");
        }
        if (!isPlain(publisher)) {
            faults.add("The publisher has at most " + LONGEST_NAME + " characters.");
        }
        Optional<Kind> known = kindOf();
        if (known.isEmpty()) {
            faults.add("Say what kind of client it is.");
            return faults;
        }
        if (isVerified() && publisher.isEmpty()) {
            faults.add("Say who answers for it, if you have checked that.");
        }
        Kind what = known.get();
        faults.addAll(what.isApp() ? redirectFaults(production) : machineFaults());
        scopeFault(what).ifPresent(faults::add);
        studyFault().ifPresent(faults::add);
        if (what.hasKeys()) {
            keyFault(production).ifPresent(faults::add);
        }
        return faults;
    }

    private static boolean isPlain(String text) {
        return text.length() <= LONGEST_NAME && text.chars().noneMatch(Character::isISOControl);
    }

    private List<String> redirectFaults(boolean production) {
        if (redirectUris.length() > LONGEST_LIST
                || redirects().isEmpty()
                || redirects().size() > MOST) {
            return List.of("Name one to " + MOST + " redirect addresses.");
        }
        return redirects().stream()
                .filter(uri -> !isRedirect(uri, production))
                .map(uri -> "Not a redirect address: https, an app's own scheme (com.example.app:/…), or 127.0.0.1;"
                        + " without a fragment.")
                .distinct()
                .toList();
    }

    private static boolean isRedirect(String text, boolean production) {
        URI uri = uri(text).orElse(null);
        if (uri == null || uri.getRawFragment() != null || uri.getRawUserInfo() != null || text.contains(",")) {
            return false;
        }
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        if (scheme.equals("https")) {
            return uri.getHost() != null;
        }
        if (scheme.equals("http")) {
            return "127.0.0.1".equals(uri.getHost())
                    || "[::1]".equals(uri.getHost())
                    || !production && "localhost".equals(uri.getHost());
        }
        // RFC 8252 section 7.1: a scheme of one's own is a domain name in reverse.
        return scheme.contains(".") && scheme.matches("[a-z][a-z0-9.+-]{2,60}");
    }

    private List<String> machineFaults() {
        List<String> faults = new ArrayList<>();
        if (!redirects().isEmpty()) {
            faults.add("A machine has no redirect address.");
        }
        if (roleOf().isEmpty()) {
            faults.add("Say which role the machine has: system or researcher.");
        }
        if (purposesOfUse().size() > MOST
                || !purposesOfUse().stream().allMatch(code -> code.matches("[A-Z][A-Z0-9-]{1,31}"))) {
            faults.add("Purposes are codes of v3-ActReason, such as HOPERAT.");
        }
        return faults;
    }

    private Optional<String> studyFault() {
        if (study.isEmpty()) {
            return roleOf().filter(Role.RESEARCHER::equals).isPresent()
                    ? Optional.of("Name the study that a researcher's machine works for.")
                    : Optional.empty();
        }
        return study.matches("ResearchStudy/[A-Za-z0-9.-]{1,64}")
                ? Optional.empty()
                : Optional.of("A study is named like ResearchStudy/17.");
    }

    private Optional<String> scopeFault(Kind what) {
        try {
            if (scopes.length() > LONGEST_LIST) {
                return Optional.of("These are too many scopes.");
            }
            ScopeSet set = ScopeSet.parse(words(scopes));
            boolean system = set.speaksOf(ScopeContext.SYSTEM);
            boolean others = set.speaksOf(ScopeContext.PATIENT) || set.speaksOf(ScopeContext.USER);
            if (set.scopes().isEmpty() || !GranularScopes.enforceable(set)) {
                return Optional.of("A scope is missing, or its query cannot be enforced.");
            }
            return (what.isApp() ? system : others || !system)
                    ? Optional.of("Apps ask for patient and user scopes, machines for system scopes.")
                    : Optional.empty();
        } catch (ScopeException e) {
            return Optional.of("A scope is malformed or unknown.");
        }
    }

    private Optional<String> keyFault(boolean production) {
        if (jwksUri.isEmpty() == jwks.isEmpty()) {
            return Optional.of("Give either the address of its keys (JWKS) or the keys themselves.");
        }
        if (!jwksUri.isEmpty()) {
            return isKeyAddress(jwksUri, production)
                    ? Optional.empty()
                    : Optional.of("The address of its keys begins with https.");
        }
        return areKeys(jwks)
                ? Optional.empty()
                : Optional.of("Its keys are a JWKS of public keys with kid: RSA of 2048 bits or more, or EC P-384.");
    }

    private static boolean isKeyAddress(String text, boolean production) {
        URI uri = uri(text).orElse(null);
        if (uri == null || uri.getHost() == null || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            return false;
        }
        try {
            return "https".equals(uri.getScheme())
                    || !production
                            && "http".equals(uri.getScheme())
                            && InetAddress.getByName(uri.getHost()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean areKeys(String text) {
        if (text.length() > LONGEST_KEYS) {
            return false;
        }
        try {
            List<JWK> keys = JWKSet.parse(text).getKeys();
            return !keys.isEmpty() && keys.size() <= MOST && keys.stream().allMatch(ClientForm::isGood);
        } catch (ParseException | IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isGood(JWK key) {
        return key.getKeyID() != null
                && !key.isPrivate()
                && (key instanceof RSAKey rsa && rsa.size() >= LEAST_RSA_BITS
                        || key instanceof ECKey elliptic && Curve.P_384.equals(elliptic.getCurve()));
    }

    private static Optional<URI> uri(String text) {
        if (text.length() > LONGEST_URI) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text);
            return uri.getScheme() == null ? Optional.empty() : Optional.of(uri);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split("\\s+")).filter(word -> !word.isEmpty()).collect(Collectors.toList());
    }
}
