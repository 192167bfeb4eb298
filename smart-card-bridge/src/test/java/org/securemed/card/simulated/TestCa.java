package org.securemed.card.simulated;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.securemed.card.profile.KeySlot;

/** A CA that issues card certificates, good ones and bad ones. */
public final class TestCa {
    private static final AtomicLong SERIAL = new AtomicLong(1000);

    private final X500Name name;
    private final KeyPair keys;
    private final X509Certificate certificate;
    private final Instant start = Instant.now().minus(Duration.ofDays(10));

    /** A root of this name. */
    public TestCa(String commonName) {
        this(commonName, Duration.ofDays(3650), null);
    }

    /** A root that lets so many CAs be below it, one below the other. */
    public TestCa(String commonName, int below) {
        this(commonName, Duration.ofDays(3650), null, new BasicConstraints(below));
    }

    /**
     * @param lifetime from ten days ago on
     * @param issuer null: it is a root
     */
    public TestCa(String commonName, Duration lifetime, @Nullable TestCa issuer) {
        this(commonName, lifetime, issuer, new BasicConstraints(true));
    }

    private TestCa(String commonName, Duration lifetime, @Nullable TestCa issuer, BasicConstraints constraints) {
        name = new X500Name("CN=" + commonName + ",O=Test Hospital");
        keys = keyPair("secp256r1");
        Draft draft = new Draft(keys.getPublic());
        draft.subject = name;
        draft.until = start.plus(lifetime);
        draft.constraints = constraints;
        draft.usage = KeyUsage.keyCertSign | KeyUsage.cRLSign;
        draft.purposes.clear();
        certificate = issuer == null ? draft.build() : issuer.draft(draft).build();
    }

    /** Its own certificate. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** A draft of a certificate for key 9E and its like. */
    public Draft card(UUID guid, PublicKey key) {
        return draft(new Draft(key)).guid(guid).purpose(KeySlot.CARD.keyPurpose());
    }

    /** A draft of a certificate for key 9A and its like. */
    public Draft holder(UUID guid, PublicKey key) {
        return draft(new Draft(key)).guid(guid).purpose(KeySlot.HOLDER.keyPurpose());
    }

    /** A draft of a certificate for TLS, of {@code localhost}. */
    public Draft tls(PublicKey key, KeyPurposeId purpose) {
        return draft(new Draft(key)).localhost().purpose(purpose.getId());
    }

    /** A list that is current and revokes these. */
    public X509CRL revoke(X509Certificate... revoked) {
        return revoke(Instant.now().plus(Duration.ofDays(7)), revoked);
    }

    /** A list that says when the next one comes. */
    public X509CRL revoke(Instant nextUpdate, X509Certificate... revoked) {
        return revoke(start.plus(Duration.ofHours(1)), nextUpdate, revoked);
    }

    /** A list that is current since then. */
    public X509CRL revokeSince(Instant thisUpdate) {
        return revoke(thisUpdate, Instant.now().plus(Duration.ofDays(7)));
    }

    private X509CRL revoke(Instant thisUpdate, Instant nextUpdate, X509Certificate... revoked) {
        X509v2CRLBuilder list = new X509v2CRLBuilder(name, Date.from(thisUpdate));
        list.setNextUpdate(Date.from(nextUpdate));
        for (X509Certificate one : revoked) {
            list.addCRLEntry(
                    one.getSerialNumber(), Date.from(start.plus(Duration.ofHours(1))), CRLReason.keyCompromise);
        }
        try {
            return new JcaX509CRLConverter().getCRL(list.build(signer()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Draft draft(Draft draft) {
        draft.issuer = this;
        return draft;
    }

    private ContentSigner signer() {
        try {
            return new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A key pair on a named curve. */
    public static KeyPair keyPair(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A certificate before it is signed. */
    public final class Draft {
        private final PublicKey key;
        private X500Name subject = new X500Name("CN=card");
        private Instant from = start.plus(Duration.ofHours(1));
        private Instant until = start.plus(Duration.ofDays(365));
        private int usage = KeyUsage.digitalSignature;
        private BasicConstraints constraints = new BasicConstraints(false);
        private final List<KeyPurposeId> purposes = new ArrayList<>();
        private final List<GeneralName> names = new ArrayList<>();
        private TestCa issuer = TestCa.this;

        private Draft(PublicKey key) {
            this.key = key;
        }

        /** One more GUID in the subject alternative name. */
        public Draft guid(UUID guid) {
            names.add(new GeneralName(GeneralName.uniformResourceIdentifier, "urn:uuid:" + guid));
            return this;
        }

        private Draft localhost() {
            names.add(new GeneralName(GeneralName.dNSName, "localhost"));
            return this;
        }

        /** No GUID. */
        public Draft nameless() {
            names.clear();
            return this;
        }

        /** One more extended key usage. */
        public Draft purpose(String oid) {
            purposes.add(KeyPurposeId.getInstance(new ASN1ObjectIdentifier(oid)));
            return this;
        }

        /** No extended key usage. */
        public Draft purposeless() {
            purposes.clear();
            return this;
        }

        /** Bits of {@link KeyUsage}; 0: without the extension. */
        public Draft usage(int bits) {
            usage = bits;
            return this;
        }

        /** A CA's certificate. */
        public Draft authority() {
            constraints = new BasicConstraints(true);
            return this;
        }

        /** From when to when it is valid. */
        public Draft valid(Instant first, Instant last) {
            from = first;
            until = last;
            return this;
        }

        /** Signed. */
        public X509Certificate build() {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuer.name,
                    BigInteger.valueOf(SERIAL.incrementAndGet()),
                    Date.from(from),
                    Date.from(until),
                    subject,
                    key);
            try {
                builder.addExtension(Extension.basicConstraints, true, constraints);
                if (usage != 0) {
                    builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
                }
                if (!purposes.isEmpty()) {
                    builder.addExtension(
                            Extension.extendedKeyUsage,
                            true,
                            new ExtendedKeyUsage(purposes.toArray(KeyPurposeId[]::new)));
                }
                if (!names.isEmpty()) {
                    builder.addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(names.toArray(GeneralName[]::new)));
                }
                return new JcaX509CertificateConverter().getCertificate(builder.build(issuer.signer()));
            } catch (CertIOException | GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
