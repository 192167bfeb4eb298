package org.securemed.fhir.demo;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.util.Map;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * The demonstration's smart card bridge is known from the start, so that one can be started beside the server at any
 * time: its key is made on the first start, in the demonstration's directory, where the bridge finds it.
 */
public final class DemoBridgeKey {
    private static final String KEYS = "securemed.smart.card-bridge.keys";

    private DemoBridgeKey() {}

    /**
     * Names the key, if this is the demonstration and names none itself.
     *
     * @throws UncheckedIOException if the directory cannot be written
     */
    public static void offer(ConfigurableEnvironment environment) {
        boolean demo = environment.getProperty("securemed.demo.enabled", Boolean.class, false);
        if (!demo || environment.containsProperty(KEYS)) {
            return;
        }
        Path directory = Path.of(environment.getProperty("securemed.demo.directory", "data/demo"));
        try {
            environment
                    .getPropertySources()
                    .addLast(new MapPropertySource(
                            "demo bridge",
                            Map.of(
                                    KEYS,
                                    publicKeys(Files.createDirectories(directory))
                                            .toString())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path publicKeys(Path directory) throws IOException {
        Path secret = directory.resolve("card-bridge.jwk");
        try {
            if (!Files.exists(secret)) {
                Files.createFile(
                        secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.writeString(
                        secret,
                        new ECKeyGenerator(Curve.P_384)
                                .keyIDFromThumbprint(true)
                                .generate()
                                .toJSONString());
            }
            ECKey key = ECKey.parse(Files.readString(secret));
            return Files.writeString(
                    directory.resolve("card-bridge.jwks.json"), new JWKSet(key.toPublicJWK()).toString());
        } catch (JOSEException | ParseException e) {
            throw new IOException("no key for the demonstration's bridge in " + secret, e);
        }
    }
}
