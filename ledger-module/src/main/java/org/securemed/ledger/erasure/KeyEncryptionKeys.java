package org.securemed.ledger.erasure;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.securemed.ledger.entry.Pseudonym;

/**
 * The key-encryption keys of the epochs that can still be opened; the newest one wraps. Immutable, thread-safe.
 *
 * <p>In a keystore epoch <i>n</i> is the secret key with alias {@code kek-n}. An epoch ends by re-wrapping all living
 * patient keys ({@link PatientKeys#rewrap}) and deleting its key everywhere.
 */
public final class KeyEncryptionKeys {
    private static final Pattern ALIAS = Pattern.compile("kek-([1-9][0-9]{0,8})");

    private final NavigableMap<Integer, Epoch> epochs;

    private KeyEncryptionKeys(NavigableMap<Integer, Epoch> epochs) {
        if (epochs.isEmpty()) {
            throw new IllegalArgumentException("no key-encryption key");
        }
        this.epochs = Collections.unmodifiableNavigableMap(epochs);
    }

    /** One epoch with this key; the key must be able to do HMAC-SHA256. */
    public static KeyEncryptionKeys of(int epoch, Key key) {
        NavigableMap<Integer, Epoch> epochs = new TreeMap<>();
        epochs.put(epoch, new Epoch(epoch, key));
        return new KeyEncryptionKeys(epochs);
    }

    /** These keys and one more epoch. */
    public KeyEncryptionKeys and(int epoch, Key key) {
        NavigableMap<Integer, Epoch> more = new TreeMap<>(epochs);
        more.put(epoch, new Epoch(epoch, key));
        return new KeyEncryptionKeys(more);
    }

    /**
     * All keys {@code kek-n} of a keystore.
     *
     * @throws GeneralSecurityException if the keystore or a key does not open
     * @throws IllegalArgumentException if there is none
     */
    public static KeyEncryptionKeys from(KeyStore keyStore, char[] password) throws GeneralSecurityException {
        NavigableMap<Integer, Epoch> epochs = new TreeMap<>();
        for (String alias : Collections.list(keyStore.aliases())) {
            Matcher matcher = ALIAS.matcher(alias);
            if (matcher.matches()) {
                int epoch = Integer.parseInt(matcher.group(1));
                epochs.put(epoch, new Epoch(epoch, keyStore.getKey(alias, password)));
            }
        }
        return new KeyEncryptionKeys(epochs);
    }

    /**
     * The keys of a PKCS#12 file.
     *
     * @throws IOException if it can't be read, or the password is wrong
     * @throws GeneralSecurityException if a key does not open
     */
    public static KeyEncryptionKeys open(Path file, char[] password) throws IOException, GeneralSecurityException {
        return from(load(file, password), password);
    }

    /** As {@link #open}; a file that does not exist is made, with a new key of epoch 1, for its owner's eyes only. */
    public static KeyEncryptionKeys openOrCreate(Path file, char[] password)
            throws IOException, GeneralSecurityException {
        if (!Files.exists(file)) {
            KeyStore keyStore = KeyStore.getInstance("PKCS12");
            keyStore.load(null, password);
            put(keyStore, 1, password);
            save(keyStore, file, password);
        }
        return open(file, password);
    }

    /** Adds a new key for the epoch after the newest to a PKCS#12 file, and returns all keys. */
    public static KeyEncryptionKeys addEpoch(Path file, char[] password) throws IOException, GeneralSecurityException {
        KeyStore keyStore = load(file, password);
        put(keyStore, from(keyStore, password).newest().number() + 1, password);
        save(keyStore, file, password);
        return from(keyStore, password);
    }

    /**
     * Deletes the key of {@code epoch} from a PKCS#12 file. What is still wrapped under it can never be opened again.
     *
     * @throws IllegalArgumentException if it is the newest epoch
     */
    public static KeyEncryptionKeys removeEpoch(Path file, char[] password, int epoch)
            throws IOException, GeneralSecurityException {
        KeyStore keyStore = load(file, password);
        if (from(keyStore, password).newest().number() == epoch) {
            throw new IllegalArgumentException("the newest epoch is in use");
        }
        keyStore.deleteEntry("kek-" + epoch);
        save(keyStore, file, password);
        return from(keyStore, password);
    }

    /** Number of the newest epoch. */
    public int newestEpoch() {
        return newest().number();
    }

    Epoch newest() {
        return epochs.lastEntry().getValue();
    }

    /**
     * The epoch {@code number}.
     *
     * @throws KeyEpochException if this instance does not have its key
     */
    Epoch epoch(int number) {
        Epoch epoch = epochs.get(number);
        if (epoch == null) {
            throw new KeyEpochException(number);
        }
        return epoch;
    }

    /**
     * Opens a living row and checks every column of it.
     *
     * @param lookup what the row says where its patient is found
     * @throws KeyRowException if a column is not what was written together with the others
     */
    public PatientKey authenticate(WrappedKey row, byte[] lookup) throws KeyRowException {
        Epoch epoch = epochs.get(row.epoch());
        if (epoch == null || !epoch.opens(row)) {
            throw misplaced(row);
        }
        byte[] keys = new byte[0];
        try {
            keys = epoch.unwrap(row);
            PatientKey key = PatientKey.open(row, keys);
            if (!MessageDigest.isEqual(lookup, epoch.lookup(key.subject()))) {
                throw new KeyRowException("lookup", "the lookup of the patient whose key this is");
            }
            return key;
        } catch (SealException e) {
            throw new KeyRowException("sealed_subject", "a reference sealed under the key of this row");
        } finally {
            AesGcm.wipe(keys);
        }
    }

    private KeyRowException misplaced(WrappedKey row) {
        for (Epoch other : epochs.values()) {
            WrappedKey moved = new WrappedKey(
                    row.pseudonym(), row.sealedSubject(), row.wrapped(), other.number(), row.createdIn(), true);
            if (other.opens(moved)) {
                return new KeyRowException("kek_epoch", Integer.toString(other.number()));
            }
        }
        return new KeyRowException(
                "pseudonym/wrapped/kek_epoch/created_in",
                "a row that one of the epochs %s wrapped".formatted(epochs.keySet()));
    }

    /** The places where {@code subject} may be found, newest epoch first. */
    List<byte[]> lookups(String subject) {
        List<byte[]> lookups = new ArrayList<>();
        for (Epoch epoch : epochs.descendingMap().values()) {
            lookups.add(epoch.lookup(subject));
        }
        return lookups;
    }

    /** The numbers of the epochs; never a key. */
    @Override
    public String toString() {
        return "KeyEncryptionKeys" + epochs.keySet();
    }

    private static KeyStore load(Path file, char[] password) throws IOException, GeneralSecurityException {
        KeyStore keyStore = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keyStore.load(in, password);
        }
        return keyStore;
    }

    private static void put(KeyStore keyStore, int epoch, char[] password) throws GeneralSecurityException {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        SecretKey key = new SecretKeySpec(bytes, "AES");
        keyStore.setEntry("kek-" + epoch, new KeyStore.SecretKeyEntry(key), new KeyStore.PasswordProtection(password));
        AesGcm.wipe(bytes);
    }

    /** Written beside and moved over, so that a crash leaves the old file or the new one. */
    private static void save(KeyStore keyStore, Path file, char[] password)
            throws IOException, GeneralSecurityException {
        Path directory = file.toAbsolutePath().getParent();
        Path beside = Files.createTempFile(
                directory,
                "kek",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(beside)) {
            keyStore.store(out, password);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** One epoch: derived keys for wrapping and for looking up. */
    static final class Epoch {
        private final int number;
        private final SecretKey wrapping;
        private final SecretKey looking;

        private Epoch(int number, Key key) {
            if (number < 1) {
                throw new IllegalArgumentException("epochs are numbered from 1");
            }
            this.number = number;
            this.wrapping = Hmac.derive(key, "securemed/patient-key/wrap/v1", "AES");
            this.looking = Hmac.derive(key, "securemed/patient-key/lookup/v1", "HmacSHA256");
        }

        int number() {
            return number;
        }

        boolean opens(WrappedKey row) {
            try {
                AesGcm.wipe(unwrap(row));
                return true;
            } catch (SealException e) {
                return false;
            }
        }

        byte[] lookup(String subject) {
            return Hmac.of(looking, subject.getBytes(StandardCharsets.UTF_8));
        }

        byte[] wrap(Pseudonym pseudonym, long createdIn, byte[] keys) {
            return AesGcm.seal(wrapping, associated(pseudonym, createdIn), keys);
        }

        byte[] unwrap(WrappedKey row) throws SealException {
            return AesGcm.open(wrapping, associated(row.pseudonym(), row.createdIn()), row.wrapped());
        }

        /** What is beside the wrapped key in its row; lookup and sealed subject follow from key and subject. */
        private byte[] associated(Pseudonym pseudonym, long createdIn) {
            return ByteBuffer.allocate(Integer.BYTES + Pseudonym.LENGTH + Long.BYTES)
                    .putInt(number)
                    .put(pseudonym.toByteArray())
                    .putLong(createdIn)
                    .array();
        }
    }
}
