package org.securemed.fhir.keys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.KeyException;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.log.LedgerKeys;
import org.springframework.core.env.Environment;

/** Finds the keys that the ledger signs with: in a token, in a keystore, or made for development. */
final class SigningKeys {
    private static final String COSIGNER = "cosigner";

    private final LedgerProperties properties;
    private final Environment environment;

    SigningKeys(LedgerProperties properties, Environment environment) {
        this.properties = properties;
        this.environment = environment;
    }

    /**
     * All keys.
     *
     * @throws IllegalStateException if a password is missing, or keys would have to be made in production
     */
    LedgerKeys load() throws IOException, KeyException {
        String outgoing = properties.outgoingLogKeyAlias();
        return new LedgerKeys(
                logKey(properties.logKeyAlias()),
                outgoing == null ? null : logKey(outgoing),
                instanceKey(),
                cosigner());
    }

    private SigningKey logKey(String alias) throws IOException, KeyException {
        Path token = properties.token();
        return token == null ? stored(alias, properties.origin()) : held(token, alias, properties.origin());
    }

    private SigningKey instanceKey() throws IOException, KeyException {
        Path token = properties.token();
        return token == null || properties.keystore() != null
                ? stored(properties.instanceKeyAlias(), properties.instance())
                : held(token, properties.instanceKeyAlias(), properties.instance());
    }

    private @Nullable CosignKey cosigner() throws IOException, KeyException {
        String name = properties.origin() + "/pq";
        Path keystore = properties.keystore();
        if (keystore != null) {
            return KeyFiles.hasAlias(keystore, keystorePassword(), COSIGNER)
                    ? KeyFiles.cosignerFromPkcs12(keystore, keystorePassword(), COSIGNER, name)
                    : null;
        }
        return properties.token() == null ? KeyFiles.developmentCosigner(developmentFile(COSIGNER), name) : null;
    }

    private SigningKey held(Path token, String alias, String name) throws KeyException {
        return KeyFiles.fromPkcs11(token, KeysConfiguration.password(properties.tokenPin(), "token-pin"), alias, name);
    }

    private SigningKey stored(String alias, String name) throws IOException, KeyException {
        Path keystore = properties.keystore();
        return keystore == null
                ? KeyFiles.development(developmentFile(alias), name)
                : KeyFiles.fromPkcs12(keystore, keystorePassword(), alias, name);
    }

    private char[] keystorePassword() {
        return KeysConfiguration.password(properties.keystorePassword(), "keystore-password");
    }

    private Path developmentFile(String alias) throws IOException {
        KeysConfiguration.requireDevelopment(environment, "keystore");
        Files.createDirectories(properties.directory());
        return properties.directory().resolve("development-" + alias + ".key");
    }
}
