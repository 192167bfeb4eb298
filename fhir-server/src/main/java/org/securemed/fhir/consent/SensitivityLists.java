package org.securemed.fhir.consent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.SecurityLabels;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;

/**
 * Which codes make a resource sensitive, and in what respect: lists of codes for the sensitivities of v3-ActCode.
 * Immutable.
 *
 * @see <a href="https://terminology.hl7.org/ValueSet-v3-InformationSensitivityPolicy.html">v3
 *     InformationSensitivityPolicy</a>
 */
final class SensitivityLists {
    private static final String SHIPPED = "labels/sensitivities.txt";
    private static final int LONGEST = 4 * 1024 * 1024;

    private final Map<Coding, Set<String>> byCode = new HashMap<>();
    private final Map<String, List<Prefix>> byPrefix = new HashMap<>();

    private final String digest;

    private record Prefix(String prefix, String label) {}

    private SensitivityLists(List<String> texts) {
        MessageDigest hash = sha256();
        for (String text : texts) {
            hash.update(text.getBytes(StandardCharsets.UTF_8));
            int number = 0;
            for (String line : text.split("\\R", -1)) {
                number++;
                String content = line.replaceFirst("#.*", "").strip();
                if (!content.isEmpty()) {
                    add(content, number);
                }
            }
        }
        digest = HexFormat.of().formatHex(hash.digest());
    }

    /**
     * The lists that come with this server, and those of an operator.
     *
     * @param more further lists in the same form
     * @throws IllegalArgumentException if one can't be read, or has a line that is none
     */
    static SensitivityLists with(Collection<? extends Resource> more) {
        List<String> texts = new ArrayList<>();
        texts.add(text(new ClassPathResource(SHIPPED)));
        more.forEach(resource -> texts.add(text(resource)));
        return new SensitivityLists(texts);
    }

    /** Lists given as a text. */
    static SensitivityLists of(String text) {
        return new SensitivityLists(List.of(text));
    }

    /** The sensitivities of a resource with these codings, as labels; none if it has none. */
    Set<Coding> labels(Collection<Coding> codings) {
        Set<Coding> labels = new TreeSet<>();
        for (Coding coding : codings) {
            for (String label : byCode.getOrDefault(coding, Set.of())) {
                labels.add(SecurityLabels.sensitivity(label));
            }
            for (Prefix prefix : byPrefix.getOrDefault(coding.system(), List.of())) {
                if (coding.code().startsWith(prefix.prefix())) {
                    labels.add(SecurityLabels.sensitivity(prefix.label()));
                }
            }
        }
        return labels;
    }

    /** Names these lists: others have another digest. Hexadecimal SHA-256. */
    String digest() {
        return digest;
    }

    private void add(String content, int number) {
        String[] parts = content.split("\\s+");
        if (parts.length != 3 || !SecurityLabels.restricted(Set.of(SecurityLabels.sensitivity(parts[0])))) {
            throw new IllegalArgumentException("line %d of a label list is no 'LABEL SYSTEM CODE'".formatted(number));
        }
        String code = parts[2];
        if (code.endsWith("*")) {
            byPrefix.computeIfAbsent(parts[1], system -> new ArrayList<>())
                    .add(new Prefix(code.substring(0, code.length() - 1), parts[0]));
        } else {
            byCode.computeIfAbsent(new Coding(parts[1], code), coding -> new TreeSet<>())
                    .add(parts[0]);
        }
    }

    private static String text(Resource resource) {
        try (var in = resource.getInputStream()) {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw new IllegalArgumentException("a label list is longer than 4 MB");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalArgumentException("a label list cannot be read: " + resource.getDescription(), e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
