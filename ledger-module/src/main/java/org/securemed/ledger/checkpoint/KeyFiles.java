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
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.util.Base64;
import java.util.Set;
import javax.crypto.SecretKey;

/** Where signing keys come from: a PKCS#12 keystore, or in development a file that is made when it is not there. */
public final class KeyFiles {
    private static final String DEVELOPMENT_HEADER = "securemed-development-key/v1";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

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
        SigningKey fresh = SigningKey.generate("development", new SecureRandom());
        String text = DEVELOPMENT_HEADER + "\n" + Base64.getEncoder().encodeToString(fresh.seed()) + "\n";
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
