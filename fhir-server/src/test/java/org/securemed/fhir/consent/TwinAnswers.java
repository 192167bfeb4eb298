package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.Bundle;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** Answers of the twins, compared, and how much their logs grow by them. */
final class TwinAnswers {
    private final TwinServers twins;

    TwinAnswers(TwinServers twins) {
        this.twins = twins;
    }

    /** What the server that holds the hidden data answers; a difference is added to {@code differences}. */
    String compare(String requester, Probe probe, List<String> differences) {
        long withoutBefore = LogGrowth.size(twins.without());
        long withBefore = LogGrowth.size(twins.with());
        String without = answer(twins.without(), requester, probe);
        String with = answer(twins.with(), requester, probe);
        long withoutGrowth = LogGrowth.since(twins.without(), withoutBefore);
        long withGrowth = LogGrowth.since(twins.with(), withBefore);
        if (!without.equals(with)) {
            differences.add(requester + ": " + probe + "\n--- without the hidden data\n" + cut(without)
                    + "\n--- with it\n" + cut(with));
        }
        // Anybody can see the size of the log.
        if (withoutGrowth != withGrowth) {
            differences.add(requester + ": " + probe + "\n--- the log grows without the hidden data by " + withoutGrowth
                    + ", with it by " + withGrowth);
        }
        return with;
    }

    /** Asks the server that holds the hidden data about what is hidden, and about what is not there. */
    void compareWithAbsent(String requester, Probe probe, List<String> differences) {
        UnaryOperator<String> absent = text ->
                text.replace("hidden-", "absent-").replace("-both", "-none").replace("-part", "-lost");
        Probe other = probe.map(absent);
        if (other.equals(probe)) {
            return;
        }
        long before = LogGrowth.size(twins.with());
        String hidden = absent.apply(answer(twins.with(), requester, probe));
        long forHidden = LogGrowth.since(twins.with(), before);
        long between = LogGrowth.size(twins.with());
        String never = absent.apply(answer(twins.with(), requester, other));
        long forAbsent = LogGrowth.since(twins.with(), between);
        if (forHidden != forAbsent) {
            differences.add(requester + ": " + probe + "\n--- the log grows for what is hidden by " + forHidden
                    + ", for what is absent by " + forAbsent);
        }
        if (!hidden.equals(never)) {
            differences.add(requester + ": " + probe + "\n--- hidden\n" + cut(hidden) + "\n--- absent\n" + cut(never));
        }
    }

    /** An answer without what differs between any two. */
    String answer(TestServer server, String requester, Probe probe) {
        String answer = Normal.of(probe.send(server, twins.token(server, requester)));
        // Of a view for research the order is that of the pseudonyms.
        return requester.equals("researcher")
                ? Arrays.stream(answer.split("\\{\"fullUrl\""))
                        .map(entry -> entry.replaceAll("(,|\\]\\})$", ""))
                        .sorted(Comparator.comparing((String entry) -> !entry.startsWith("200"))
                                .thenComparing(entry -> entry))
                        .collect(Collectors.joining("\n"))
                : answer;
    }

    /** All pages that the physician sees. */
    List<String> walk(TestServer server, String path) {
        return walk(server, "physician", path);
    }

    /** The addresses of all pages but the first. */
    List<String> links(TestServer server, String requester, String path) {
        List<String> links = new ArrayList<>();
        String next = path;
        while (next != null && links.size() < 40) {
            Answer answer = Probe.get(next).send(server, twins.token(server, requester));
            Bundle.BundleLinkComponent link =
                    answer.status() == 200 ? answer.bundle().getLink("next") : null;
            next = link == null ? null : link.getUrl().replace("http://localhost:8080/fhir/", "");
            if (next != null) {
                links.add(next);
            }
        }
        return links;
    }

    /** All pages, from link to link. */
    List<String> walk(TestServer server, String requester, String path) {
        List<String> pages = new ArrayList<>();
        String next = path;
        while (next != null && pages.size() < 200) {
            Answer answer = Probe.get(next).send(server, twins.token(server, requester));
            pages.add(Normal.of(answer));
            Bundle.BundleLinkComponent link =
                    answer.status() == 200 ? answer.bundle().getLink("next") : null;
            next = link == null ? null : link.getUrl().replace("http://localhost:8080/fhir/", "");
        }
        return pages;
    }

    /** The beginning of a long text. */
    static String cut(String text) {
        return text.length() > 1500 ? text.substring(0, 1500) + "…" : text;
    }

    /** Fails with all of them. */
    static void report(List<String> differences) {
        assertThat(differences).as(() -> String.join("\n\n", differences)).isEmpty();
    }
}
