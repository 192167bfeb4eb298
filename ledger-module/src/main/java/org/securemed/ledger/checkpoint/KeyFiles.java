package org.securemed.ledger.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.interfaces.EdECPrivateKey;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.crypto.SecretKey;

/**
 * Where signing keys come from: a PKCS#12 keystore, a PKCS#11 token, or in development a file that is made when it is
 * not there.
 */
public final class KeyFiles {
    private static final String DEVELOPMENT_HEADER = "securemed-development-key/v1";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private static final Map<Path, Provider> TOKENS = new HashMap<>();

    private KeyFiles() {}

    /**
     * The Ed25519 key under {@code alias} of a PKCS#12 keystore.
     *
     * @param name the key's name in notes; of the log key, the log's origin
     * @throws KeyException if there is no such keystore, alias or Ed25519 key, or the password is another
     */
    public static SigningKey fromPkcs12(Path keystore, char[] password, String alias, String name) throws KeyException {
        if (!(load(keystore, password, alias) instanceof EdECPrivateKey edwards)) {
            throw new KeyException("%s holds no EdDSA key under alias %s".formatted(keystore, alias));
        }
        byte[] seed = edwards.getBytes().orElseThrow(() -> new KeyException("the key does not show its bytes"));
        if (seed.length != 32) {
            throw new KeyException("the key under alias %s is not Ed25519".formatted(alias));
        }
        return SigningKey.ofSeed(name, seed, false);
    }

    /**
     * The P-256 key with a certificate under {@code alias} (CKA_LABEL) of a PKCS#11 token, such as a hardware security
     * module. The key stays in the token.
     *
     * @param configuration a file as the JDK's provider SunPKCS11 reads it, naming the library and the slot
     * @param pin of the token's user
     * @param name the key's name in notes; of the log key, the log's origin
     * @throws KeyException if there is no such token, PIN or key
     * @see <a href="https://docs.oracle.com/en/java/javase/17/security/pkcs11-reference-guide1.html">PKCS#11 Reference
     *     Guide</a>
     */
    public static SigningKey fromPkcs11(Path configuration, char[] pin, String alias, String name) throws KeyException {
        try {
            Provider provider = provider(configuration);
            KeyStore token = KeyStore.getInstance("PKCS11", provider);
            token.load(null, pin);
            Certificate certificate = token.getCertificate(alias);
            if (!(token.getKey(alias, null) instanceof PrivateKey key) || certificate == null) {
                throw new KeyException("the token has no key with a certificate under %s".formatted(alias));
            }
            return SigningKey.inToken(name, key, certificate.getPublicKey(), provider);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            // The provider wraps what the library says in unchecked exceptions of its own.
            throw new KeyException("cannot use the token of %s under %s".formatted(configuration, alias), e);
        }
    }

    /** One provider for each configuration: a token is one thing, and so is a log-in to it. */
    private static synchronized Provider provider(Path configuration) throws KeyException {
        Path file = configuration.toAbsolutePath().normalize();
        Provider known = TOKENS.get(file);
        if (known == null) {
            Provider sun = Security.getProvider("SunPKCS11");
            if (sun == null) {
                throw new KeyException("this Java has no provider SunPKCS11");
            }
            known = sun.configure(file.toString());
            TOKENS.put(file, known);
        }
        return known;
    }

    /**
     * Whether a PKCS#12 keystore has something under {@code alias}.
     *
     * @throws KeyException if there is no such keystore, or the password is another
     */
    public static boolean hasAlias(Path keystore, char[] password, String alias) throws KeyException {
        try (InputStream in = Files.newInputStream(keystore)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            return store.containsAlias(alias);
        } catch (IOException | GeneralSecurityException e) {
            throw new KeyException("cannot read %s".formatted(keystore), e);
        }
    }

    private static Key load(Path keystore, char[] password, String alias) throws KeyException {
        try (InputStream in = Files.newInputStream(keystore)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            Key key = store.getKey(alias, password);
            if (key == null) {
                throw new KeyException("%s has no key under alias %s".formatted(keystore, alias));
            }
            return key;
        } catch (IOException | GeneralSecurityException e) {
            throw new KeyException("cannot read a key from %s".formatted(keystore), e);
        }
    }

    /**
     * The development key in {@code file}, which only its owner may read; made when it is not there.
     *
     * @throws KeyException if the file is readable by others, is not such a file, or cannot be made
     */
    public static SigningKey development(Path file, String name) throws KeyException {
        return SigningKey.ofSeed(name, developmentSeed(file), true);
    }

    /**
     * The development cosigner's key in {@code file}, like {@link #development}.
     *
     * @throws KeyException likewise
     */
    public static CosignKey developmentCosigner(Path file, String name) throws KeyException {
        return CosignKey.ofSeed(name, developmentSeed(file), true);
    }

    /**
     * The ML-DSA-44 key whose seed is the 256-bit secret key under {@code alias} of a PKCS#12 keystore, made with
     * {@code keytool -genseckey -keyalg AES -keysize 256}.
     *
     * @throws KeyException if there is no such keystore, alias or secret, or the password is another
     */
    public static CosignKey cosignerFromPkcs12(Path keystore, char[] password, String alias, String name)
            throws KeyException {
        Key key = load(keystore, password, alias);
        byte[] seed = key instanceof SecretKey secret ? secret.getEncoded() : new byte[0];
        if (seed.length != 32) {
            throw new KeyException("%s holds no 256-bit secret under alias %s".formatted(keystore, alias));
        }
        return CosignKey.ofSeed(name, seed, false);
    }

    private static byte[] developmentSeed(Path file) throws KeyException {
        try {
            createDevelopment(file);
            if (!Files.getPosixFilePermissions(file).equals(OWNER_ONLY)) {
                throw new KeyException("%s must be readable by its owner only (mode 0600)".formatted(file));
            }
            String[] lines = Files.readString(file, StandardCharsets.US_ASCII).split("\n", -1);
            if (lines.length != 3 || !lines[0].equals(DEVELOPMENT_HEADER) || !lines[2].isEmpty()) {
                throw new KeyException("%s is not a development key".formatted(file));
            }
            byte[] seed = Base64.getDecoder().decode(lines[1]);
            if (seed.length != 32) {
                throw new KeyException("%s is not a development key".formatted(file));
            }
            return seed;
        } catch (IOException | IllegalArgumentException e) {
            throw new KeyException("cannot read a development key from %s".formatted(file), e);
        }
    }

    private static void createDevelopment(Path file) throws IOException {
        if (Files.exists(file)) {
            return;
        }
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        byte[] seed = new byte[32];
        new SecureRandom().nextBytes(seed);
        String text = DEVELOPMENT_HEADER + "\n" + Base64.getEncoder().encodeToString(seed) + "\n";
        Path part = Files.createTempFile(directory, "key", ".part", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try {
            Files.writeString(part, text, StandardCharsets.US_ASCII, StandardOpenOption.DSYNC);
            // A link, not a move: it fails when another process was first, and that process's key is then used.
            Files.createLink(file, part);
        } catch (FileAlreadyExistsException e) {
            return;
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
