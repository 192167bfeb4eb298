package org.securemed.card.checkin;

import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.securemed.card.server.Caller;

/** For which organizations a caller acts, as the access token says in IHE IUA's claims. */
final class Organizations {
    private Organizations() {}

    /** Their ids as the token has them; empty if it says nothing. */
    static List<String> of(Caller caller) {
        try {
            // The security chain has verified it.
            Map<String, Object> extensions =
                    SignedJWT.parse(caller.token()).getJWTClaimsSet().getJSONObjectClaim("extensions");
            if (extensions == null || !(extensions.get("ihe_iua") instanceof Map<?, ?> iua)) {
                return List.of();
            }
            return Stream.ofNullable(iua.get("subject_organization_id"))
                    .flatMap(ids -> ids instanceof List<?> list ? list.stream() : Stream.of(ids))
                    .filter(String.class::isInstance)
                    .map(String.class::cast)
                    .toList();
        } catch (ParseException e) {
            throw new IllegalStateException("a verified token is no JWT", e);
        }
    }
}
