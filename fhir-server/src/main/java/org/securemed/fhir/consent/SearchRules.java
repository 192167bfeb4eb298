package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.owner.SharedTypes;

/**
 * Search parameters that reach beyond the partitions of a request, whatever HAPI's scope is, and are therefore refused
 * to everyone who is subject to consent.
 */
final class SearchRules {
    private static final Set<String> REFUSED = Set.of(
            "_filter",
            "_list",
            "_source",
            "_text",
            "_content",
            "_contained",
            "_containedType",
            "_query",
            "_includeDeleted",
            "_pid",
            "_graphql");

    /** From one resource to another. */
    private static final Pattern LINK = Pattern.compile("\\.|_has\\b");

    /** How many values a search has at most, together. */
    private static final int MOST_VALUES = 500;

    private SearchRules() {}

    /** Refuses what tells of data outside the requester's read set. */
    static void check(@Nullable String type, Map<String, String[]> parameters) {
        requireFew(parameters);
        for (Map.Entry<String, String[]> parameter : parameters.entrySet()) {
            String name = parameter.getKey();
            String base = name.split("[:.]", 2)[0];
            if (REFUSED.contains(base)) {
                throw Refusal.notOffered("Search without " + base + ".");
            }
            if (name.endsWith(":mdm")) {
                throw Refusal.notOffered("Search without :mdm.");
            }
            if (name.endsWith(":in") || name.endsWith(":not-in")) {
                // HAPI fails on a value set that it does not know.
                throw Refusal.notOffered("Expand the value set, then search by its codes.");
            }
            if (LINK.matcher(name).results().count() > 1) {
                throw Refusal.notOffered("Follow one link only: look up what is farther away first.");
            }
            if (name.endsWith(":above") || name.endsWith(":below")) {
                requireSystem(parameter.getValue());
            }
            if (name.endsWith(":missing")) {
                // HAPI's SQL for it is wrong as soon as there is a condition on partitions.
                throw Refusal.notOffered("Search without :missing.");
            }
            switch (base) {
                case "_count", "_offset" -> requireNumber(base, parameter.getValue());
                case "_include" -> include(name, parameter.getValue());
                case "_revinclude" -> {
                    include(name, parameter.getValue());
                    if (type != null && SharedTypes.contains(type)) {
                        throw Refusal.notOffered("Search for the including type instead of using _revinclude.");
                    }
                }
                case "_sort" -> sort(parameter.getValue());
                default -> {}
            }
        }
    }

    /** Whether a parameter is a condition on another resource. */
    static boolean isLink(String name) {
        return LINK.matcher(name).find();
    }

    /** HAPI fails on a code alone; a URL is what other types than tokens are compared with. */
    private static void requireSystem(String[] values) {
        for (String value : values) {
            for (String one : value.split(",")) {
                if (one.indexOf('|') < 0 && one.indexOf('/') < 0 && one.indexOf(':') < 0) {
                    throw new InvalidRequestException("Give the code with its system, as in system|code.");
                }
            }
        }
    }

    /**
     * Refuses a query that is part of another request, such as If-None-Exist, for what would be refused by itself.
     *
     * @param query {@code Type?name=value&…} or without the type; null if there is none
     */
    static void checkQuery(@Nullable String type, @Nullable String query) {
        if (query == null) {
            return;
        }
        Map<String, String[]> parameters = parameters(query);
        check(type, parameters);
        if (parameters.keySet().stream()
                .anyMatch(name -> name.startsWith("_include") || name.startsWith("_revinclude"))) {
            throw Refusal.notOffered("Give no includes here.");
        }
        if (parameters.keySet().stream().anyMatch(SearchRules::isLink)) {
            throw Refusal.notOffered("Give no chained parameters and no _has here.");
        }
    }

    /** The parameters of {@code Type?name=value&…}, with or without the type. */
    static Map<String, String[]> parameters(String query) {
        Map<String, String[]> parameters = new LinkedHashMap<>();
        for (String pair : query.substring(query.indexOf('?') + 1).split("&")) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            parameters.merge(
                    decoded(name),
                    new String[] {decoded(equals < 0 ? "" : pair.substring(equals + 1))},
                    (before, more) ->
                            Stream.of(before, more).flatMap(Stream::of).toArray(String[]::new));
        }
        return parameters;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("The query is not properly escaped.");
        }
    }

    /** Refuses headers by which a writer would learn of, or skip the check for, an existing resource. */
    static void checkHeaders(RequestDetails request) {
        if (request.getHeader("X-Upsert-Extistence-Check") != null || request.getHeader("X-Rewrite-History") != null) {
            throw Refusal.notOffered("Write without this server's administrative headers.");
        }
    }

    /** Each thing that is named costs an entry of the log, whether or not it is there. */
    private static void requireFew(Map<String, String[]> parameters) {
        long values = 0;
        for (String[] given : parameters.values()) {
            for (String value : given) {
                values += 1 + value.chars().filter(c -> c == ',').count();
            }
        }
        if (values > MOST_VALUES) {
            throw new InvalidRequestException("Search with at most " + MOST_VALUES + " values at a time.");
        }
    }

    private static void requireNumber(String name, String[] values) {
        for (String value : values) {
            if (!value.matches("[0-9]{1,9}")) {
                throw new InvalidRequestException(name + " is a number, 0 or more.");
            }
        }
    }

    private static void include(String name, String[] values) {
        if (name.endsWith(":iterate") || name.endsWith(":recurse")) {
            throw Refusal.notOffered("Include without :iterate.");
        }
        for (String value : values) {
            if (value.equals("*") || value.endsWith(":*")) {
                throw Refusal.notOffered("Name the reference to include.");
            }
        }
    }

    private static void sort(String[] values) {
        for (String value : values) {
            if (value.indexOf('.') >= 0 || value.indexOf(':') >= 0) {
                throw Refusal.notOffered("Sort without chained parameters.");
            }
        }
    }
}
