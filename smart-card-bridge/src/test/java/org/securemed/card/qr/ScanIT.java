package org.securemed.card.qr;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.server.TestBridge;

class ScanIT {
    private static TestBridge bridge;

    @BeforeAll
    static void start() {
        bridge = new TestBridge();
    }

    @AfterAll
    static void stop() {
        bridge.close();
    }

    private static HttpResponse<String> scan(byte[] picture, String type) {
        return bridge.send(HttpRequest.newBuilder(bridge.uri("/scan"))
                .header("Authorization", "Bearer " + bridge.issuer().token("Practitioner/1", "nurse"))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(picture))
                .build());
    }

    @Test
    void a_wristband_is_read_and_its_number_is_what_it_says_and_no_more() throws Exception {
        byte[] png = QrCode.of("]Q38018" + "950600010000000018", Recovery.M, 5).png(4);
        HttpResponse<String> answer = scan(png, "image/png");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo(
                        "{\"symbology\":\"QR_CODE\",\"kind\":\"gs1\",\"elements\":{\"8018\":\"950600010000000018\"}}");
    }

    @Test
    void whoever_is_not_logged_in_is_not_served() throws Exception {
        HttpResponse<String> answer = bridge.send(HttpRequest.newBuilder(bridge.uri("/scan"))
                .header("Content-Type", "image/png")
                .POST(HttpRequest.BodyPublishers.ofByteArray(
                        QrCode.of("x", Recovery.M, 5).png(4)))
                .build());
        assertThat(answer.statusCode()).isEqualTo(401);
    }

    @Test
    void what_is_no_picture_is_told_apart_from_a_picture_without_a_code() {
        HttpResponse<String> text = scan("hello".getBytes(StandardCharsets.US_ASCII), "image/png");
        assertThat(text.statusCode()).isEqualTo(415);
        assertThat(text.body()).contains("picture-format");
        byte[] blank = Disturbance.png(
                new java.awt.image.BufferedImage(200, 200, java.awt.image.BufferedImage.TYPE_BYTE_GRAY));
        HttpResponse<String> empty = scan(blank, "image/png");
        assertThat(empty.statusCode()).isEqualTo(422);
        assertThat(empty.body()).contains("code-missing");
    }
}
