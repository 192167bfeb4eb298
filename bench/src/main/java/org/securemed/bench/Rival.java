package org.securemed.bench;

import java.util.List;
import java.util.stream.Stream;

/** What ours is measured against: HAPI of the same classes. */
enum Rival {
    /** Nothing of ours. */
    PLAIN("plain", "", List.of()),
    /** HAPI's own BALP interceptor, with a sink that writes before the response. */
    BALP("balp", "-balp", List.of("bench.balp=true"));

    private final String label;
    private final String suffix;
    private final List<String> settings;

    Rival(String label, String suffix, List<String> settings) {
        this.label = label;
        this.suffix = suffix;
        this.settings = settings;
    }

    /** Name on the command line, of its database and of its files. */
    String label() {
        return label;
    }

    /** What the names of figures against it end with. */
    String suffix() {
        return suffix;
    }

    List<String> settings() {
        return settings;
    }

    static Rival labelled(String label) {
        return Stream.of(values())
                .filter(rival -> rival.label.equals(label))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("unknown rival: " + label));
    }
}
