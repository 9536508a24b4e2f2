select sum(capacity) as places, count(*) as car_parks
from car_parks
