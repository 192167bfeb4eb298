package org.securemed.card.healthcard;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.securemed.card.outbound.BoundedExchange;

/**
 * Documents over https: no redirects, no addresses that are not public unless allowed, bounded in size and time.
 * Thread-safe.
 */
final class HttpsDocuments implements IssuerDocuments {
    private static final int LARGEST = 512 * 1024;

    private final boolean privateAddresses;
    private final Duration patience;
    private final HttpClient client;

    HttpsDocuments(boolean privateAddresses, Duration patience, SSLContext tls) {
        this.privateAddresses = privateAddresses;
        this.patience = patience;
        this.client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience)
                .sslContext(tls)
                .build();
    }

    @Override
    public byte[] fetch(String url) throws IOException {
        URI address = URI.create(url);
        if (!"https".equals(address.getScheme()) || address.getHost() == null) {
            throw new IOException("not an https address");
        }
        if (!privateAddresses) {
            // The connection resolves the name again. What a name server that changes its mind can reach is a TLS
            // server whose certificate names an issuer that is trusted.
            for (InetAddress each : InetAddress.getAllByName(address.getHost())) {
                if (!isPublic(each)) {
                    throw new IOException("not a public address");
                }
            }
        }
        HttpRequest request = HttpRequest.newBuilder(address)
                .header("Accept", "application/json")
                .timeout(patience)
                .build();
        HttpResponse<byte[]> answer = BoundedExchange.send(client, request, LARGEST, patience);
        if (answer.statusCode() != 200) {
            throw new IOException("answered " + answer.statusCode());
        }
        return answer.body();
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
            return !shared
                    && !benchmark
                    && first != 0
                    && first < 240
                    && !(first == 192 && second == 0 && bytes[2] == 0);
        }
        boolean uniqueLocal = (first & 0xfe) == 0xfc;
        // IPv4 in disguise: NAT64 and 6to4.
        boolean translated = first == 0x00 && second == 0x64 || first == 0x20 && second == 0x02;
        return !uniqueLocal && !translated;
    }
}
