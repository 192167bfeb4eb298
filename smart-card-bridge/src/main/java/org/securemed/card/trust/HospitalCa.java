package org.securemed.card.trust;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CRLReason;
import java.security.cert.CertPath;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.RefusalReason;

/**
 * The hospital's CA: whether it issued a certificate that is valid now and not revoked. Self-signed certificates are
 * trusted, others between them and the card are not by themselves. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5280#section-6">RFC 5280, section 6</a>
 */
public final class HospitalCa {
    private static final int KEY_CERT_SIGN = 5;
    private static final String PKIX = "PKIX";
    private static final String UNUSABLE = "the JDK's PKIX does not work";

    private final Set<TrustAnchor> anchors;
    private final List<X509Certificate> certificates;
    private final RevocationLists revocations;
    private final Clock clock;

    /**
     * @param certificates of the CA; if none is self-signed, all are trusted
     * @throws IllegalArgumentException if there is none
     */
    public HospitalCa(List<X509Certificate> certificates, RevocationLists revocations, Clock clock) {
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("a CA has a certificate");
        }
        this.certificates = List.copyOf(certificates);
        this.revocations = revocations;
        this.clock = clock;
        List<X509Certificate> roots =
                certificates.stream().filter(HospitalCa::isSelfIssued).toList();
        this.anchors = (roots.isEmpty() ? certificates : roots)
                .stream().map(root -> new TrustAnchor(root, null)).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Checks a card's certificate: path, validity of all in it, revocation of all below the root.
     *
     * @throws CardRefusedException naming what is wrong
     */
    public void check(X509Certificate certificate) throws CardRefusedException {
        Instant now = clock.instant();
        requireValid(certificate, now);
        List<X509CRL> lists = revocations.current();
        PKIXCertPathBuilderResult path = path(certificate, now);
        List<? extends Certificate> below = path.getCertPath().getCertificates();
        requireRoot(path.getTrustAnchor().getTrustedCert(), below.size() - 1, now);
        requireNotRevoked(path.getCertPath(), lists, now);
        for (Certificate one : below) {
            requireFreshList((X509Certificate) one, lists, now);
            requireOnNoList((X509Certificate) one, lists);
        }
    }

    private static void requireValid(X509Certificate certificate, Instant now) throws CardRefusedException {
        if (now.isBefore(certificate.getNotBefore().toInstant())) {
            throw new CardRefusedException(RefusalReason.CERTIFICATE_NOT_YET_VALID);
        }
        if (now.isAfter(certificate.getNotAfter().toInstant())) {
            throw new CardRefusedException(RefusalReason.CERTIFICATE_EXPIRED);
        }
    }

    private PKIXCertPathBuilderResult path(X509Certificate certificate, Instant now) throws CardRefusedException {
        X509CertSelector wanted = new X509CertSelector();
        wanted.setCertificate(certificate);
        List<Object> known = new ArrayList<>(certificates);
        known.add(certificate);
        try {
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, wanted);
            parameters.addCertStore(collection(known));
            parameters.setDate(Date.from(now));
            parameters.setRevocationEnabled(false);
            return (PKIXCertPathBuilderResult) CertPathBuilder.getInstance(PKIX).build(parameters);
        } catch (CertPathBuilderException e) {
            throw new CardRefusedException(RefusalReason.CERTIFICATE_UNTRUSTED);
        } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
            throw new IllegalStateException(UNUSABLE, e);
        }
    }

    /** In a step of its own: a builder that tries other paths forgets why this one was refused. */
    private void requireNotRevoked(CertPath path, List<X509CRL> lists, Instant now) throws CardRefusedException {
        List<Object> known = new ArrayList<>(certificates);
        known.addAll(lists);
        try {
            CertPathValidator validator = CertPathValidator.getInstance(PKIX);
            PKIXRevocationChecker revocation = (PKIXRevocationChecker) validator.getRevocationChecker();
            // The lists at hand and nothing else: no OCSP, no address that a certificate names.
            revocation.setOptions(EnumSet.of(Option.PREFER_CRLS, Option.NO_FALLBACK));
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.addCertStore(collection(known));
            parameters.setDate(Date.from(now));
            parameters.addCertPathChecker(revocation);
            validator.validate(path, parameters);
        } catch (CertPathValidatorException e) {
            X509Certificate refused = (X509Certificate) path.getCertificates().get(Math.max(0, e.getIndex()));
            throw new CardRefusedException(reason(e, refused, lists, now));
        } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
            throw new IllegalStateException(UNUSABLE, e);
        }
    }

    private static CertStore collection(List<Object> known)
            throws NoSuchAlgorithmException, InvalidAlgorithmParameterException {
        return CertStore.getInstance("Collection", new CollectionCertStoreParameters(known));
    }

    /**
     * PKIX takes a root as it is.
     *
     * @param authorities how many are between it and the card
     */
    private static void requireRoot(X509Certificate root, int authorities, Instant now) throws CardRefusedException {
        boolean[] usage = root.getKeyUsage();
        boolean valid = !now.isBefore(root.getNotBefore().toInstant())
                && !now.isAfter(root.getNotAfter().toInstant());
        // Less than 0 of what does not say that it is a CA's.
        if (!valid || root.getBasicConstraints() < authorities || (usage != null && !usage[KEY_CERT_SIGN])) {
            throw new CardRefusedException(RefusalReason.CERTIFICATE_UNTRUSTED);
        }
    }

    /** Of several lists that cover a certificate PKIX asks any one, which may be the oldest. */
    private void requireOnNoList(X509Certificate certificate, List<X509CRL> lists) throws CardRefusedException {
        for (X509CRL list : lists) {
            X509CRLEntry entry = list.getRevokedCertificate(certificate);
            boolean revoked = entry != null && entry.getRevocationReason() != CRLReason.REMOVE_FROM_CRL;
            if (revoked && isOf(list, certificate)) {
                throw new CardRefusedException(RefusalReason.CERTIFICATE_REVOKED);
            }
        }
    }

    /** PKIX tolerates a list a little beyond its end, and one that names no end. */
    private void requireFreshList(X509Certificate certificate, List<X509CRL> lists, Instant now)
            throws CardRefusedException {
        boolean fresh = lists.stream().anyMatch(list -> isFresh(list, now) && isOf(list, certificate));
        if (!fresh) {
            throw new CardRefusedException(RefusalReason.REVOCATION_STALE);
        }
    }

    private static boolean isFresh(X509CRL list, Instant now) {
        return list.getNextUpdate() != null && !now.isAfter(list.getNextUpdate().toInstant());
    }

    private RefusalReason reason(
            CertPathValidatorException failure, X509Certificate certificate, List<X509CRL> lists, Instant now) {
        if (failure.getReason() == BasicReason.REVOKED) {
            return RefusalReason.CERTIFICATE_REVOKED;
        }
        if (failure.getReason() != BasicReason.UNDETERMINED_REVOCATION_STATUS) {
            return RefusalReason.CERTIFICATE_UNTRUSTED;
        }
        List<X509CRL> genuine =
                lists.stream().filter(list -> isOf(list, certificate)).toList();
        boolean stale = !genuine.isEmpty() && genuine.stream().noneMatch(list -> isFresh(list, now));
        return stale ? RefusalReason.REVOCATION_STALE : RefusalReason.REVOCATION_UNKNOWN;
    }

    /** Whether a list is signed by one of our certificates that could have issued {@code certificate}. */
    private boolean isOf(X509CRL list, X509Certificate certificate) {
        for (X509Certificate issuer : certificates) {
            boolean named = issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
                    && list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal());
            if (named) {
                try {
                    list.verify(issuer.getPublicKey());
                    return true;
                } catch (GeneralSecurityException e) {
                    // Another list, or a forged one: it is not of this issuer.
                    continue;
                }
            }
        }
        return false;
    }

    private static boolean isSelfIssued(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
    }
}
