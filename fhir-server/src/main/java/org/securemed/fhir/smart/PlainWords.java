package org.securemed.fhir.smart;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Scopes as people read them. */
final class PlainWords {
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern(
                    "d MMMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    /**
     * A sentence on a page. Public, because templates reach public classes only.
     *
     * @param brief what it comes to
     * @param full what that means
     */
    public record Sentence(String brief, String full) {}

    /** Before or after the answer. */
    enum Chosen {
        BELOW("as far as you allow below"),
        ALREADY("as far as you allowed");

        private final String words;

        Chosen(String words) {
            this.words = words;
        }
    }

    private PlainWords() {}

    /** A moment with its zone. */
    static String moment(Instant at) {
        return MOMENT.format(at);
    }

    /**
     * What an app with these scopes can do.
     *
     * @param chosen how the sentences say that the person has, or had, a choice
     */
    static List<Sentence> sentences(ScopeSet scopes, Chosen chosen) {
        List<Sentence> sentences = new ArrayList<>();
        if (scopes.has(Scope.Named.OPENID) || scopes.has(Scope.Named.FHIR_USER)) {
            sentences.add(
                    new Sentence("See who you are.", "Your name, your account, and who you are to the hospital."));
        }
        if (scopes.speaksOf(ScopeContext.PATIENT)) {
            sentences.add(
                    changes(scopes, ScopeContext.PATIENT)
                            ? new Sentence(
                                    "Read the record and write into it, " + chosen.words + ".",
                                    "It can look up, add, change and delete entries of one patient's record, of the"
                                            + " kinds that you leave switched on.")
                            : new Sentence(
                                    "Read the record, " + chosen.words + ".",
                                    "It can look up entries of one patient's record, of the kinds that you leave"
                                            + " switched on. It changes nothing."));
        }
        if (scopes.speaksOf(ScopeContext.USER)) {
            sentences.add(
                    changes(scopes, ScopeContext.USER)
                            ? new Sentence(
                                    "Read and change what you may read and change yourself.",
                                    "Whatever you can open here, it can open in your name, as long as this lasts.")
                            : new Sentence(
                                    "Read what you may read yourself.",
                                    "Whatever you can open here, it can read in your name, as long as this lasts."));
        }
        if (scopes.has(Scope.Named.OFFLINE_ACCESS)) {
            sentences.add(new Sentence(
                    "Go on while you are not there, until you end it.",
                    "It can come back by itself, for as long as you say."));
        } else if (scopes.has(Scope.Named.ONLINE_ACCESS)) {
            sentences.add(new Sentence(
                    "Go on for as long as you stay signed in.",
                    "When you sign out, or are away for half an hour, it ends."));
        }
        return sentences;
    }

    /** The kinds of data of a patient's record that the scopes reach. */
    static Set<DataCategory> categories(ScopeSet scopes) {
        Set<DataCategory> categories = EnumSet.noneOf(DataCategory.class);
        scopes.scopes()
                .forEach(scope -> scope.fold(
                        resource -> resource.context() == ScopeContext.PATIENT
                                && categories.addAll(DataCategory.of(resource)),
                        named -> false));
        return categories;
    }

    /** Names of sensitive topics, as they are kept with an authorization. */
    static List<SensitiveTopic> topics(String names) {
        return Arrays.stream(SensitiveTopic.values())
                .filter(topic -> List.of(names.split(" ", -1)).contains(topic.name()))
                .toList();
    }

    private static boolean changes(ScopeSet scopes, ScopeContext context) {
        return scopes.scopes().stream()
                .anyMatch(scope -> scope.fold(
                        resource -> resource.context() == context
                                && resource.interactions().stream()
                                        .anyMatch(interaction ->
                                                interaction != Interaction.READ && interaction != Interaction.SEARCH),
                        named -> false));
    }
}
