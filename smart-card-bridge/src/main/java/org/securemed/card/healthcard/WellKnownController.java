package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** What verifiers of our cards need: public keys and revocation lists, open to all and to browsers of all origins. */
@RestController
@CrossOrigin
class WellKnownController {
    private static final CacheControl CACHED = CacheControl.maxAge(Duration.ofMinutes(5));

    private final IssuerKeys keys;
    private final IssuedCards cards;

    WellKnownController(IssuerKeys keys, IssuedCards cards) {
        this.keys = keys;
        this.cards = cards;
    }

    @GetMapping("/.well-known/jwks.json")
    ResponseEntity<ObjectNode> keys() {
        ObjectNode set = StrictJson.newObject();
        ArrayNode list = set.putArray("keys");
        for (IssuerKeys.Published key : keys.published()) {
            ObjectNode jwk = jwk(key);
            list.add(jwk.put("crlVersion", key.listVersion()));
        }
        return json(set);
    }

    private static ObjectNode jwk(IssuerKeys.Published key) {
        try {
            return StrictJson.object(key.jwk().toJSONString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException("a stored key for health cards is no JWK", e);
        }
    }

    @GetMapping("/.well-known/crl/{file}")
    ResponseEntity<ObjectNode> revocations(@PathVariable String file) {
        List<IssuerKeys.Published> named = keys.published().stream()
                .filter(key -> file.equals(key.jwk().getKeyID() + ".json"))
                .toList();
        if (named.isEmpty()) {
            throw Problem.notFound("not-found", "There is no such revocation list.");
        }
        IssuerKeys.Published key = named.get(0);
        ObjectNode list = StrictJson.newObject()
                .put("kid", key.jwk().getKeyID())
                .put("method", "rid")
                .put("ctr", key.listVersion());
        ArrayNode ids = list.putArray("rids");
        cards.revoked(key.jwk().getKeyID()).forEach(ids::add);
        return json(list);
    }

    private static ResponseEntity<ObjectNode> json(ObjectNode body) {
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .cacheControl(CACHED)
                .body(body);
    }
}
