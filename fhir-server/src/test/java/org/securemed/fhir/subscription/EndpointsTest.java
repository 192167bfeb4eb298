package org.securemed.fhir.subscription;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointsTest {
    private final Endpoints production = new Endpoints(List.of(URI.create("https://ehr.example/hook")), true);
    private final Endpoints development = new Endpoints(List.of(URI.create("http://localhost:4711/")), false);

    @Test
    void an_address_below_one_that_the_operator_named_may_be_subscribed_with() {
        assertThat(production.parse("https://ehr.example/hook")).isPresent();
        assertThat(production.parse("https://EHR.example/hook/a/b")).isPresent();
        assertThat(development.parse("http://localhost:4711/x")).isPresent();
    }

    @Test
    void every_other_address_is_refused() {
        for (String address : List.of(
                "http://ehr.example/hook",
                "https://ehr.example/hooks",
                "https://ehr.example/",
                "https://ehr.example.evil/hook",
                "https://ehr.example@evil/hook",
                "https://ehr.example:444/hook",
                "https://ehr.example/hook/../admin",
                "https://ehr.example/hook/%2e%2e/admin",
                "https://ehr.example/hook?x=y",
                "https://ehr.example/hook#x",
                "https://ehr.example//hook",
                "//ehr.example/hook",
                "file:///etc/passwd",
                "mailto:a@ehr.example",
                "",
                "null",
                "https://ehr.example/hook/" + "a".repeat(3000))) {
            assertThat(production.parse(address)).as(address).isEmpty();
        }
        assertThat(new Endpoints(List.of(), false).parse("http://localhost:4711/x"))
                .isEmpty();
    }

    @Test
    void in_production_no_address_of_this_machine_or_its_network_is_reached() throws UnknownHostException {
        Endpoints careless =
                new Endpoints(List.of(URI.create("https://127.0.0.1/"), URI.create("https://[::1]/")), true);
        assertThat(careless.mayBeReached(URI.create("https://127.0.0.1/x"))).isFalse();
        assertThat(careless.mayBeReached(URI.create("https://[::1]/x"))).isFalse();
        for (String address : List.of(
                "10.0.0.1",
                "172.16.0.1",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "0.0.0.0",
                "224.0.0.1",
                "255.255.255.255",
                "fc00::1",
                "fe80::1",
                "64:ff9b::a00:1",
                "2002:a00:1::",
                "::ffff:10.0.0.1")) {
            assertThat(Endpoints.isPublic(InetAddress.getByName(address)))
                    .as(address)
                    .isFalse();
        }
        assertThat(Endpoints.isPublic(InetAddress.getByName("93.184.216.34"))).isTrue();
        assertThat(Endpoints.isPublic(InetAddress.getByName("2606:4700::1111"))).isTrue();
    }

    @Test
    void an_operator_who_names_no_https_address_is_told_at_once() {
        assertThatThrownBy(() -> new Endpoints(List.of(URI.create("http://ehr.example/")), true))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void headers_that_change_the_request_are_refused() {
        assertThat(HookHeaders.of(List.of("Authorization: Bearer x", "X-Trace: 1")))
                .map(HookHeaders::read)
                .hasValueSatisfying(headers -> assertThat(headers)
                        .containsEntry("Authorization", "Bearer x")
                        .containsEntry("X-Trace", "1"));
        for (String line : List.of(
                "Host: evil",
                "Content-Length: 1",
                "Connection: close",
                "Content-Type: x",
                "no header",
                "A: b\r\nC: d")) {
            assertThat(HookHeaders.of(List.of(line))).as(line).isEmpty();
        }
    }
}
