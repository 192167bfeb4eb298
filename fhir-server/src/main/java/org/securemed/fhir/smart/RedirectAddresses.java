package org.securemed.fhir.smart;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Where an app may be answered: at an address that is registered, letter by letter. One that is registered at the
 * loopback address without a port stands for every port there: native apps take the one that is free.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3">RFC 9700, section 4.1.3</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8252#section-7.3">RFC 8252, section 7.3</a>
 */
final class RedirectAddresses {
    private static final Pattern LOOPBACK =
            Pattern.compile("(http://(?:127\\.0\\.0\\.1|\\[::1])):([1-9][0-9]{0,4})((?:/.*)?)");
    private static final int LAST_PORT = 65_535;

    private RedirectAddresses() {}

    /** Whether the client may be answered there. */
    static boolean registered(RegisteredClient client, @Nullable String address) {
        if (address == null) {
            return false;
        }
        if (client.getRedirectUris().contains(address)) {
            return true;
        }
        Matcher loopback = LOOPBACK.matcher(address);
        return loopback.matches()
                && Integer.parseInt(loopback.group(2)) <= LAST_PORT
                && client.getRedirectUris().contains(loopback.group(1) + loopback.group(3));
    }
}
