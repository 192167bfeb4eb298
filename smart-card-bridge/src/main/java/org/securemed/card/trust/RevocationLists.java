package org.securemed.card.trust;

import java.security.cert.X509CRL;
import java.util.List;

/** Where the revocation lists are at hand: a file that was read, or a cache. */
@FunctionalInterface
public interface RevocationLists {
    /** The lists as they are known now; how old each is it says itself. Empty if none is known. */
    List<X509CRL> current();
}
