package org.securemed.card.qr;

/**
 * What a code in a picture says. Anybody can print one: it is a claim.
 *
 * @param text as the decoder gave it; in GS1 codes FNC1 is the ASCII group separator, a leading one included
 */
public record ScannedCode(Symbology symbology, String text) {
    /** Not the text: it may identify a patient, or be a key. */
    @Override
    public String toString() {
        return "ScannedCode[%s, %d characters]".formatted(symbology, text.length());
    }
}
