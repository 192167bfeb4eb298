package org.securemed.bench;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A FHIR endpoint under test.
 *
 * @param name for messages
 * @param port on the loopback interface
 * @param path of the endpoint, begins with a slash and does not end with one
 * @param token bearer token, absent for a server that asks for none
 */
record Target(String name, int port, String path, @Nullable String token) {

    Target withToken(String other) {
        return new Target(name, port, path, other);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:%d%s".formatted(port, path));
    }

    @Override
    public String toString() {
        return name;
    }
}
