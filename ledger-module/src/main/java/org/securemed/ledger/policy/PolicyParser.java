package org.securemed.ledger.policy;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;

/** Reads one policy file, line by line. */
final class PolicyParser {
    private static final int MAX_BYTES = 256 * 1024;
    private static final int MAX_OF_A_KIND = 64;
    private static final int MAX_NAME = 255;
    private static final int MAX_URL = 2_048;

    private final List<KnownLog> logs = new ArrayList<>();
    private final Map<String, Witness> witnesses = new LinkedHashMap<>();
    private final Map<String, Group> groups = new HashMap<>();
    private final Set<String> members = new HashSet<>();
    private final Set<Bytes> logKeys = new HashSet<>();
    private final Set<Bytes> witnessKeys = new HashSet<>();
    private @Nullable String quorum;
    private int line;

    TrustPolicy parse(byte[] file) throws PolicyException {
        if (file.length > MAX_BYTES) {
            throw new PolicyException(0, "the policy has %d bytes, more than %d".formatted(file.length, MAX_BYTES));
        }
        // One character for each octet: what is beyond ASCII is opaque.
        String text = new String(file, StandardCharsets.ISO_8859_1);
        if (!text.isEmpty() && !text.endsWith("\n")) {
            throw new PolicyException(0, "the policy does not end with a line feed: it may have been cut off");
        }
        for (String next : text.split("\n", -1)) {
            line++;
            if (next.chars().anyMatch(c -> (c < 0x20 && c != '\t') || c == 0x7f)) {
                throw wrong("a control character");
            }
            List<String> words = words(next);
            if (!words.isEmpty() && !words.get(0).startsWith("#")) {
                line(words);
            }
        }
        if (quorum == null) {
            throw new PolicyException(0, "the policy has no quorum");
        }
        return new TrustPolicy(logs, witnesses, groups, quorum);
    }

    private static List<String> words(String text) {
        StringTokenizer tokens = new StringTokenizer(text, " \t");
        List<String> words = new ArrayList<>();
        while (tokens.hasMoreTokens()) {
            words.add(tokens.nextToken());
        }
        return words;
    }

    private void line(List<String> words) throws PolicyException {
        switch (words.get(0)) {
            case "log" -> log(words);
            case "witness" -> witness(words);
            case "group" -> group(words);
            case "quorum" -> quorum(words);
            default -> throw wrong("a line starts with log, witness, group, quorum or #");
        }
    }

    private void log(List<String> words) throws PolicyException {
        require(words.size() == 2 || words.size() == 3, "log VKEY [URL]");
        require(logs.size() < MAX_OF_A_KIND, "no more logs than " + MAX_OF_A_KIND);
        try {
            VerifyKey key = VerifyKey.parse(utf8(words.get(1)));
            require(logKeys.add(Bytes.of(key.publicKey())), "each log's key once");
            logs.add(new KnownLog(key, url(words, 2)));
        } catch (NoteException e) {
            throw wrong("the log's key: " + e.getMessage());
        }
    }

    private void witness(List<String> words) throws PolicyException {
        require(words.size() == 3 || words.size() == 4, "witness NAME VKEY [URL]");
        require(witnesses.size() < MAX_OF_A_KIND, "no more witnesses than " + MAX_OF_A_KIND);
        requireNew(words.get(1));
        try {
            CosignVerifyKey key = CosignVerifyKey.parse(utf8(words.get(2)));
            require(witnessKeys.add(Bytes.of(key.publicKey())), "each witness's key once");
            witnesses.put(words.get(1), new Witness(words.get(1), key, url(words, 3)));
        } catch (NoteException e) {
            throw wrong("the witness's key: " + e.getMessage());
        }
    }

    private void group(List<String> words) throws PolicyException {
        require(words.size() >= 4, "group NAME all|any|K NAME…");
        require(groups.size() < MAX_OF_A_KIND, "no more groups than " + MAX_OF_A_KIND);
        requireNew(words.get(1));
        List<String> names = words.subList(3, words.size());
        for (String name : names) {
            requireDefined(name);
            require(members.add(name), "each name in one group, once");
        }
        groups.put(words.get(1), new Group(threshold(words.get(2), names.size()), names));
    }

    private int threshold(String word, int size) throws PolicyException {
        if (word.equals("any")) {
            return 1;
        }
        if (word.equals("all")) {
            return size;
        }
        require(word.matches("[1-9][0-9]{0,2}"), "a threshold is all, any or a decimal number");
        int threshold = Integer.parseInt(word);
        require(threshold <= size, "a threshold no greater than the %d members".formatted(size));
        return threshold;
    }

    private void quorum(List<String> words) throws PolicyException {
        require(words.size() == 2, "quorum NAME|none");
        require(quorum == null, "one quorum");
        if (!words.get(1).equals(TrustPolicy.NONE)) {
            requireDefined(words.get(1));
        }
        quorum = words.get(1);
    }

    private void requireNew(String name) throws PolicyException {
        require(name.length() <= MAX_NAME, "names of at most %d octets".formatted(MAX_NAME));
        require(!name.equals(TrustPolicy.NONE), "none is no name to define");
        require(!witnesses.containsKey(name) && !groups.containsKey(name), "each name defined once");
    }

    private void requireDefined(String name) throws PolicyException {
        require(witnesses.containsKey(name) || groups.containsKey(name), "a name that is defined on a line before");
    }

    private @Nullable String url(List<String> words, int at) throws PolicyException {
        if (words.size() <= at) {
            return null;
        }
        require(words.get(at).length() <= MAX_URL, "URLs of at most %d octets".formatted(MAX_URL));
        return utf8(words.get(at));
    }

    private String utf8(String octets) throws PolicyException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw wrong("keys and URLs are UTF-8");
        }
    }

    private void require(boolean condition, String expectation) throws PolicyException {
        if (!condition) {
            throw wrong("expected " + expectation);
        }
    }

    private PolicyException wrong(String message) {
        return new PolicyException(line, message);
    }
}
