package org.securemed.card.healthlink;

/**
 * One file behind a link.
 *
 * @param contentType of what is encrypted
 * @param jwe compact serialization
 */
record SharedFile(String contentType, String jwe) {
    @Override
    public String toString() {
        return "SharedFile[" + contentType + "]";
    }
}
