package org.securemed.fhir.subscription;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where this server may be made to send something: only below addresses that the operator names, and in production only
 * by TLS and never to this machine or its network, whatever a name resolves to.
 */
final class Endpoints {
    private static final int LONGEST = 2000;

    private final List<URI> allowed;
    private final boolean production;

    /** @throws IllegalArgumentException if an address that is allowed is none to send to */
    Endpoints(List<URI> allowed, boolean production) {
        this.allowed = List.copyOf(allowed);
        this.production = production;
        for (URI one : allowed) {
            if (!isPlain(one)) {
                throw new IllegalArgumentException("securemed.subscription.endpoints are https addresses");
            }
        }
    }

    /** An address that may be subscribed with; empty if it is none. */
    Optional<URI> parse(String text) {
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            return Optional.of(new URI(text)).filter(this::isAllowed);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private boolean isAllowed(URI address) {
        return isPlain(address) && allowed.stream().anyMatch(one -> isBelow(address, one));
    }

    /** Whether an address may be sent to now: asked each time, since names change. */
    boolean mayBeReached(URI address) {
        if (!isAllowed(address)) {
            return false;
        }
        if (!production) {
            return true;
        }
        try {
            return Arrays.stream(InetAddress.getAllByName(address.getHost())).allMatch(Endpoints::isPublic);
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private boolean isPlain(URI address) {
        boolean scheme = "https".equals(address.getScheme()) || !production && "http".equals(address.getScheme());
        String path = address.getRawPath();
        return scheme
                && address.getHost() != null
                && address.getRawUserInfo() == null
                && address.getRawFragment() == null
                && address.getRawQuery() == null
                && path != null
                && !path.contains("..")
                && !path.contains("%")
                && !path.contains("//")
                && !path.contains("\\");
    }

    private static boolean isBelow(URI address, URI base) {
        String path = base.getRawPath().endsWith("/") ? base.getRawPath() : base.getRawPath() + "/";
        return address.getScheme().equals(base.getScheme())
                && address.getHost().equalsIgnoreCase(base.getHost())
                && address.getPort() == base.getPort()
                && (address.getRawPath() + "/").startsWith(path);
    }

    static boolean isPublic(InetAddress address) {
        if (address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        byte[] bytes = address.getAddress();
        int first = bytes[0] & 0xff;
        int second = bytes[1] & 0xff;
        if (address instanceof Inet4Address) {
            boolean shared = first == 100 && second >= 64 && second < 128;
            boolean benchmark = first == 198 && (second == 18 || second == 19);
            boolean protocol = first == 192 && second == 0 && bytes[2] == 0;
            return first != 0 && first < 240 && !shared && !benchmark && !protocol;
        }
        boolean uniqueLocal = (first & 0xfe) == 0xfc;
        // IPv4 in disguise: NAT64, 6to4 and what is compatible with it.
        boolean translated = first == 0x00 || first == 0x20 && second == 0x02;
        return !uniqueLocal && !translated;
    }
}
