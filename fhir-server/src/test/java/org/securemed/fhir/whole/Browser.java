package org.securemed.fhir.whole;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A browser without pages: it keeps cookies, and shows each redirect. */
final class Browser {
    private static final Pattern INPUT = Pattern.compile("<input[^>]*>");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .cookieHandler(new CookieManager())
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    HttpResponse<String> get(String address, String... headers) {
        return send(HttpRequest.newBuilder(URI.create(address)).GET(), headers);
    }

    HttpResponse<String> post(String address, String type, String body, String... headers) {
        return send(
                HttpRequest.newBuilder(URI.create(address))
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(body)),
                headers);
    }

    HttpResponse<String> submit(String address, Map<String, String> form, String... headers) {
        return post(address, "application/x-www-form-urlencoded", encoded(form), headers);
    }

    HttpResponse<String> send(HttpRequest.Builder request, String... headers) {
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Where an answer leads. */
    static String location(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isIn(302, 303);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    /** A parameter of an address. */
    static String parameter(String address, String name) {
        for (String pair : URI.create(address).getRawQuery().split("&")) {
            if (pair.startsWith(name + "=")) {
                return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
            }
        }
        throw new AssertionError("no " + name + " in " + address);
    }

    /** The form that a page shows, from its action on, as it would be sent. */
    static Map<String, String> form(HttpResponse<String> page, String action) {
        int begin = page.body().indexOf("action=\"" + action + "\"");
        assertThat(begin).as(page.statusCode() + page.body()).isPositive();
        Map<String, String> fields = new LinkedHashMap<>();
        Matcher input = INPUT.matcher(page.body().substring(begin));
        while (input.find()) {
            String tag = input.group();
            boolean chosen = !tag.contains("\"checkbox\"") && !tag.contains("\"radio\"") || tag.contains("checked");
            if (chosen && !attribute(tag, "name").isEmpty()) {
                fields.merge(attribute(tag, "name"), attribute(tag, "value"), (one, two) -> one + "\n" + two);
            }
        }
        return fields;
    }

    private static String attribute(String tag, String name) {
        Matcher attribute = Pattern.compile("\\s" + name + "=\"([^\"]*)\"").matcher(tag);
        return attribute.find()
                ? attribute.group(1).replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"")
                : "";
    }

    static String encoded(Map<String, String> form) {
        return form.entrySet().stream()
                .flatMap(field -> field.getValue().lines().map(value -> encode(field.getKey()) + "=" + encode(value)))
                .collect(Collectors.joining("&"));
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
